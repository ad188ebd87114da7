"""The log of the core goes to Python's ``logging``, under ``tradebus``. A thread fetches it in batches."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import traceback

from . import _native

_log = logging.getLogger("tradebus")
_thread: threading.Thread | None = None
_lock = threading.Lock()


def start() -> None:
    """Starts forwarding, unless it has begun."""
    global _thread
    with _lock:
        if _thread is None or not _thread.is_alive():
            _native.close_log(False)
            _thread = threading.Thread(target=_forward, name="tradebus-log", daemon=True)
            _thread.start()


def _forward() -> None:
    # A level that is set later is seen within a second.
    while (records := _native.next_log_records(min(_log.getEffectiveLevel(), 255), 1.0)) is not None:
        for level, name, text, created in records:
            logger = logging.getLogger(name)
            if logger.isEnabledFor(level):
                record = logger.makeRecord(name, level, "(tradebus core)", 0, text, (), None)
                record.created, record.msecs = created, (created % 1) * 1000
                try:
                    logger.handle(record)
                except Exception:
                    # A filter or a handler of the program that fails does not end the log.
                    traceback.print_exc()


def _end() -> None:
    """Before the interpreter ends: what was accepted is stored, and what is left of the log is told."""
    _native.close_all()
    _native.close_log()
    if _thread is not None:
        _thread.join(timeout=2)


def _forget() -> None:
    global _thread, _lock
    _lock, _thread = threading.Lock(), None
    _native.after_fork()


atexit.register(_end)
os.register_at_fork(after_in_child=_forget)
