import sys

import ralph_lock

try:
    with ralph_lock.try_acquire(".", sys.argv[1] if len(sys.argv) > 1 else "") as lock:
        print(f"we hold {lock.path} and can work")
except (ralph_lock.HeldError, ralph_lock.LockError, ValueError) as error:
    holder = getattr(error, "holder", None)
    if holder:
        print(f"taken by {holder.summary}")
    else:
        print(f"not locked: {error}")
    sys.exit(1)
