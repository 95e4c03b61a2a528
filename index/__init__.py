"""From a folder of files to a searchable snapshot on disk; imports nothing of the other packages.

`sync.syncing.sync` builds and publishes a snapshot, `store.reader.SnapshotReader` gives the one in use to its readers.

The variables below stop the libraries from reading stray `.env` files and from dialling out, at import or later.
They are set here because each library reads them once, when it is imported, and this package is imported first.
"""

import os

LIBRARY_ENVIRONMENT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_MODE": "PRODUCTION",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "ANONYMIZED_TELEMETRY": "False",
}

for _name, _value in LIBRARY_ENVIRONMENT.items():
    os.environ.setdefault(_name, _value)
