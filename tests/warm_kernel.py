"""Start a notebook's kernel by a fork of a process that has imported torch and matplotlib.

To import them takes some seconds, and the book has some fifty notebooks. What is forked has run
nothing of a notebook, nothing of `explorable` and nothing of `companion`; it has its environment
from `explorable.record`, and goes on as ``python -m ipykernel_launcher``. This is for Linux: where
libraries of the system do not like a fork, kernels start as they always do.
"""

import gc
import json
import os
import runpy
import select
import signal
import subprocess
import sys


class _Fork:
    """As much of `subprocess.Popen` as jupyter_client asks of a kernel that is no child of ours."""

    stdin = stdout = stderr = None

    def __init__(self, pid):
        self.pid, self._end = pid, os.pidfd_open(pid)

    def poll(self):
        return 0 if select.select([self._end], [], [], 0)[0] else None

    def wait(self):
        select.select([self._end], [], [])
        os.close(self._end)
        return 0


def launcher():
    """Return what stands in for `jupyter_client`'s ``launch_kernel``; all its kernels end with it."""
    source = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def launch(command, env, cwd, **_):
        print(json.dumps([command, env, str(cwd)]), file=source.stdin, flush=True)
        return _Fork(int(source.stdout.readline()))

    return launch


def _serve():
    # As a kernel does before anything imports matplotlib, which asks for it once.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    import ipykernel.kernelapp  # noqa: F401
    import ipywidgets  # noqa: F401
    import matplotlib.pyplot  # noqa: F401
    import torch._dynamo  # noqa: F401, with the first optimizer it comes anyway

    assert len(os.listdir("/proc/self/task")) == 1, "a fork would lose the other threads"
    gc.freeze()  # what is shared is not gone through again and again
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever ends leaves nothing behind
    for line in sys.stdin:
        if pid := os.fork():
            os.setpgid(pid, pid)
            print(pid, flush=True)
        else:
            return _become_a_kernel(*json.loads(line))


def _become_a_kernel(command, env, cwd):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.environ.clear()
    os.environ.update(env | {"JPY_PARENT_PID": str(os.getppid())})
    os.chdir(cwd)
    sys.path[0] = cwd  # as with python -m
    sys.argv = command[2:]
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _serve()
