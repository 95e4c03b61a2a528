import hashlib
from pathlib import Path

DIGESTS = {
    "000_01356c2963794699.txt": "f7da44b0facafd72d39007f8b38090dc01c8da4164ce26e91b5ea03575b2b1e6",
    "001_a187e742bdc37b07.txt": "0d2fbba50bba036d4f43421880fefe2e6deab6d2b994e6152fd1ef01c19089ec",
    "002_b0f762705730f6b0.txt": "1ab80209e9439c93c290262a21aa70527045d4556c9e583aa5a7119ef8b6b224",
    "003_df5ff5e2f72e0d1f.txt": "19c24556a4ac1f302da29d292e29fb33583a04f16f063ad5bf7d39da29b88dcb",
    "004_babc4bf3d394c5e5.txt": "8982bf24d08a83043d0256bf2572964ce4067c6a99d21217ca2c3153ad368be3",
}


def test_the_seeds_are_as_they_were_collected(seed_folder: Path) -> None:
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in seed_folder.glob("*.txt")}
    assert found == DIGESTS


def test_the_folder_holds_the_articles_and_the_mark_of_a_package_only(seed_folder: Path) -> None:
    names = {path.name for path in seed_folder.iterdir() if path.name != "__pycache__"}
    assert names == {*DIGESTS, "__init__.py"}


def test_the_package_says_what_the_articles_are(seed_folder: Path) -> None:
    import seeds

    assert Path(seeds.__file__).parent == seed_folder
    assert "publishers" in (seeds.__doc__ or "")
    assert [name for name in vars(seeds) if not name.startswith("__")] == []
