"""Whether a thread takes locks for itself or for others."""

import sys
import threading


def serves_others() -> bool:
    """Whether this thread belongs to a pool, or was started by other code than Python's `threading`.

    Such a thread takes a lock for a task elsewhere, and is free for the next task before that one releases it:
    asyncio.to_thread, concurrent.futures, multiprocessing.pool, anyio, trio and gevent all do so.
    """
    thread = threading.current_thread()
    if thread is threading.main_thread():
        return False
    if type(thread) is not threading.Thread:
        return True
    futures = sys.modules.get("concurrent.futures.thread")
    return thread in getattr(futures, "_threads_queues", ())
