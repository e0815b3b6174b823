"""A wave's imports, started by staff, and the person's own choice about them."""

from django.urls import path

from bascule.views import own_imports
from bascule.views.staff import wave_imports

urlpatterns = [
    path("mes-fichiers/imports-de-la-vague/", own_imports.own_imports, name="own_imports"),
    path("equipe/vagues/<int:wave_id>/imports/", wave_imports.wave_imports, name="wave_imports"),
    path("equipe/vagues/<int:wave_id>/imports/lancer/", wave_imports.wave_imports_start, name="wave_imports_start"),
    path("equipe/vagues/<int:wave_id>/imports/pause/", wave_imports.wave_imports_pause, name="wave_imports_pause"),
    path(
        "equipe/vagues/<int:wave_id>/imports/reprendre/", wave_imports.wave_imports_resume, name="wave_imports_resume"
    ),
    path("equipe/vagues/<int:wave_id>/imports/arreter/", wave_imports.wave_imports_cancel, name="wave_imports_cancel"),
    path("equipe/vagues/<int:wave_id>/imports/echecs/", wave_imports.wave_imports_retry, name="wave_imports_retry"),
    path("equipe/vagues/<int:wave_id>/imports/debit/", wave_imports.wave_imports_bounds, name="wave_imports_bounds"),
    path("equipe/vagues/<int:wave_id>/imports/personnes.csv", wave_imports.wave_imports_csv, name="wave_imports_csv"),
]
