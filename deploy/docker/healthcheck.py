"""Does the web process of this container answer? Workers and beat have no port: they end when they are of no use."""

import os
import sys
from urllib.error import URLError
from urllib.request import urlopen

try:
    with urlopen(
        f"http://127.0.0.1:{os.environ.get('PORT', '8000')}{os.environ.get('MOUNT_PREFIX', '')}/ok", timeout=2
    ):
        pass
except (URLError, OSError) as error:
    sys.exit(str(error))
