import sys

from tests.e2e.browser import main

sys.exit(main())
