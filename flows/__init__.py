"""One file per flow that a person or a schedule starts."""

from tasks.run.ending import end_quietly
from tasks.run.tracebacks import say_faults_once

# Whatever starts a flow imports this first.
end_quietly()
say_faults_once()
