"""What gunicorn serves: `gunicorn queueproject.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "queueproject.settings")

application = get_wsgi_application()
