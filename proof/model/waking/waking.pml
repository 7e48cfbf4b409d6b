/* src/wait/state.rs: what wakes the waits of several processes for one file. There is no back-stop in this model: a wait
 * that misses its event sleeps on, and spin finds it stuck.
 *
 * EVENT_AFTER, macOS: an unlock is reported after it has happened, also that of a shared lock, and also to the process
 * itself (NOTE_FUNLOCK). Otherwise, Linux and FreeBSD: a close is reported just before it drops the lock (IN_CLOSE_WRITE,
 * NOTE_CLOSE_WRITE), and LOCK_UN is not reported.
 *
 * READER: another program keeps a shared lock, and never gives it back. Then the waits look by the clock, and what they
 * give back themselves must not wake them: no cycle without such a look. */

#define WAITS 2
#define HOLDER WAITS
#define NONE 255

byte owner = NONE;          /* of the exclusive lock */
byte readers;               /* how many have a shared one */
bool closing;               /* between the event of a close and the unlock */
bool watches[WAITS];
bool told[WAITS];

inline tell() {
    d_step {
        told[0] = told[0] || watches[0];
        told[1] = told[1] || watches[1]
    }
}

inline unlock_shared() {
    readers--;
#ifdef EVENT_AFTER
    tell()
#endif
}

inline release() {
#ifdef EVENT_AFTER
    owner = NONE;
    tell()
#else
    closing = true;
    tell();
    d_step { owner = NONE; closing = false }
#endif
}

proctype holder() {
    release()
}

proctype wait(byte me) {
    bool looked;
look:
#ifndef WITHOUT_WATCH_FIRST
    watches[me] = true;
#endif
again:
    if
    :: atomic { owner == NONE && readers == 0 -> owner = me; goto taken }
    :: atomic { owner == NONE && readers > 0 -> readers++; goto probed }
    :: owner != NONE
    fi;
#ifndef WITHOUT_LATER_LOOKS
    /* The looks of the milliseconds after an event, and at first, outlast a close that was told. */
    if
    :: !looked -> atomic { !closing -> looked = true }; goto again
    :: else
    fi;
#endif
#ifdef WITHOUT_WATCH_FIRST
    watches[me] = true;
#endif
    /* sleep: until an event. */
    atomic { told[me] -> told[me] = false; looked = false };
    goto again;
probed:
    /* The conversion is refused, or this is another prober's lock and is gone in an instant. */
    unlock_shared();
#ifndef WITHOUT_STOP_WATCHING
#ifdef EVENT_AFTER
    d_step { watches[me] = false; told[me] = false }
#endif
#endif
    if
    :: told[me] -> told[me] = false
    :: else ->
progress_by_the_clock:
        skip
    fi;
    looked = false;
    goto look;
taken:
    atomic { watches[me] = false; told[me] = false };
    release()
}

init {
    atomic {
#ifdef READER
        readers = 1;
#else
        owner = HOLDER;
        run holder();
#endif
        run wait(0);
        run wait(1)
    }
}
