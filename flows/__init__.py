"""One file per flow that a person or a schedule starts."""

from tasks.run.tracebacks import say_faults_once

say_faults_once()  # whatever starts a flow imports this first
