// The filters become an address, for the content security policy allows no form.
const filters = document.querySelector('.filters');
const show = () => {
  const values = [...filters.querySelectorAll('[name]')].filter((field) => field.value).map((field) => [field.name, field.value]);
  location.assign('articles?' + new URLSearchParams(values));
};
if (filters) {
  filters.querySelector('.show').addEventListener('click', show);
  filters.querySelectorAll('select').forEach((field) => field.addEventListener('change', show));
  filters.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.target.matches('input')) show();
  });
}
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || !filters || event.target.closest('input, select, textarea')) return;
  event.preventDefault();
  filters.querySelector('[type=search]').focus();
});

// Files are sent one by one, then indexed together; the result of each is shown as text.
const adding = document.querySelector('.adding');
const tell = (text, cls) => {
  const row = document.createElement('li');
  row.className = cls || '';
  row.textContent = text;
  adding.querySelector('.told').append(row);
  return row;
};
const replyContent = async (reply) => {
  const content = await reply.json().catch(() => ({}));
  return reply.ok ? content : { refused: content.detail || 'The server does not answer. Try again' };
};
const post = (address, body) => fetch(address, {
  method: 'POST', body, headers: { 'Content-Type': 'application/octet-stream' },
}).then(replyContent, () => ({ refused: 'The server does not answer. Try again' }));

const add = async (list) => {
  const files = [...list];
  if (!files.length || adding.dataset.busy) return;
  adding.dataset.busy = 'yes';
  adding.querySelector('.told').replaceChildren();
  const names = [];
  for (const file of files) {
    const row = tell('Sending ' + file.name + ' …');
    const { name, refused } = await post('uploads?name=' + encodeURIComponent(file.name), file);
    if (refused) {
      row.textContent = 'Refused: ' + file.name + ': ' + refused;
      row.className = 'refused';
    } else {
      row.remove();
      names.push(name);
    }
  }
  if (names.length) {
    const row = tell('Reading and indexing …');
    const done = await post('uploads/index?' + new URLSearchParams(names.map((name) => ['name', name])));
    row.remove();
    if (done.refused) tell(done.refused, 'refused');
    else {
      done.files.forEach((file) => tell(file.said, file.read ? 'read' : 'refused'));
      if (done.files.some((file) => file.read)) {
        const link = document.createElement('a');
        link.href = 'articles?folder=' + encodeURIComponent(done.folder);
        link.textContent = 'Show what was added';
        tell('').append(link);
      }
    }
  }
  delete adding.dataset.busy;
};
if (adding) {
  const input = adding.querySelector('input');
  input.addEventListener('change', () => add(input.files).then(() => { input.value = ''; }));
  ['dragover', 'drop'].forEach((name) => document.addEventListener(name, (event) => {
    if (![...event.dataTransfer.types].includes('Files')) return;
    event.preventDefault();
    adding.classList.toggle('over', name === 'dragover');
    if (name === 'drop') add(event.dataTransfer.files);
  }));
  document.addEventListener('dragleave', () => adding.classList.remove('over'));
}
