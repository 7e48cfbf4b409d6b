/* What the library does, step by step. The comments name the functions in src/ that the lines stand for.
 * Each protective step can be taken out with -DWITHOUT_..., and then a property must fail. */

/* ---- what is promised ---- */

#define PROMISE(condition, words) \
    if \
    :: (condition) \
    :: else -> printf("broken: "); printf(words); printf("\n"); assert(false) \
    fi

/* Never two owners of the path's file: verify() would say OK to both. */
#define ONE_OWNER \
    (OWNS_PATH(1) + OWNS_PATH(2) + OWNS_PATH(3) + OWNS_PATH(4) + OWNS_PATH(5) <= 1)

/* Whoever is told OK had the lock of the file at the path, at a moment of the call. */
#define HAD_THE_PATH(p) ((met[p] & (1 << p)) != 0)

/* Somebody else than a prober had the lock of the path's file during the call. */
#define MET_A_HOLDER(p) ((met[p] & ~1) != 0)
#define MET(p, holder) ((met[p] & (1 << holder)) != 0)
#define MET_NOBODY(p) ((met[p] & 1) != 0)

/* Whoever is named had the lock during the call. Of some, whose record lingers, nobody can say so. */
#define IS_TRUE_NAME(p, name) (name == NONE || LINGERS(name) || MET(p, name))

/* metadata.rs has_ended, is_gone: known not to run. A mixture's or ralph-core's process is never known. */
#define HAS_ENDED(name) (name != MIXTURE && ended[name] && !foreign[name])
#ifdef LIMIT_UNREAPED
#define IS_GONE(name) false     /* Nobody waits for its end, or another process has its number. */
#else
#define IS_GONE(name) HAS_ENDED(name)
#endif

/* ---- lock_file.rs ---- */

/* content: the whole text, by two equal reads. Each is two steps. */
inline content(p) {
    d_step { a = first_half[FILE(p)] };
    d_step { b = second_half[FILE(p)] };
#ifndef WITHOUT_SECOND_READ
    d_step {
        if
        :: a != first_half[FILE(p)] -> a = CHANGED
        :: else
        fi
    };
#endif
    d_step {
#ifndef WITHOUT_SECOND_READ
        if
        :: b != second_half[FILE(p)] -> a = CHANGED
        :: else
        fi;
#endif
        if
        :: a == CHANGED || a == BLANK || b == BLANK -> record = NONE
        :: else -> record = (a == b -> a : MIXTURE)
        fi;
        a = 0;
        b = 0;
        printf("%d reads file %d: record %d\n", p, FILE(p), record)
    }
}

/* clear: blank before a record is written, unless it is so already. */
inline clear(p) {
#ifndef WITHOUT_CLEAR
    if
    :: first_half[FILE(p)] != BLANK || second_half[FILE(p)] != BLANK -> truncate(p)
    :: else
    fi
#else
    skip
#endif
}

inline write(p) {
    write_first_half(p, p);
    write_second_half(p, p)
}

/* blank: in place. */
inline blank(p) {
    write_first_half(p, BLANK);
    write_second_half(p, BLANK)
}

/* drop: a lock that is still there is given up before the descriptor, which a child may have. */
inline drop_file(p) {
#ifndef WITHOUT_UNLOCK_AT_DROP
    atomic {
        if
        :: mode[fd[p]] != NONE -> unlock(p)
        :: else
        fi
    };
#endif
    atomic { close_file(p) }
}

/* ---- lock.rs ---- */

/* left_to_others: the dead holder on record, if it is its lock that is held. In `record`, in and out. */
inline left_to_others(p) {
#ifndef WITHOUT_LIST_OF_LOCKS
    d_step {
        if
        :: record != NONE && LISTS_ANOTHER(FILE(p), record) ->
            printf("%d finds in /proc/locks that another than %d took the lock\n", p, record);
            record = NONE
        :: else
        fi
    };
#endif
#ifndef WITHOUT_LOOK_AFTER_LIST
    if
    :: record == NONE
    :: else ->
        dead = record;
        try_lock(p, SHARED);
        if
        :: got -> record = NONE
        :: else -> content(p)
        fi;
        d_step {
            if
            :: record != dead -> record = NONE
            :: else
            fi;
            dead = 0
        }
    fi
#else
    skip
#endif
}

/* take. It ends at a label: `locked`; `told` of a holder; or `over`, because the file is not at its path any more. */
inline take(p) {
    skip;
again:
    atomic {
        try_lock(p, EXCLUSIVE);
        if
        :: got -> goto locked
        :: else
        fi
    };
#ifndef WITHOUT_SHARED_TRY
    atomic {
        try_lock(p, SHARED);
        if
        :: !got -> goto somebody
        :: else
        fi
    };
    /* Only probers. Turning a lock into the other kind drops it first. */
    unlock(p);
    atomic {
        try_lock(p, EXCLUSIVE);
        if
        :: got -> goto locked
        :: else
        fi
    };
#ifdef LIMIT_PATIENCE_WITH_PROBERS
    if
    :: goto told
    :: goto again
    fi;
#endif
    goto again;
#endif
somebody:
#ifndef WITHOUT_LINK_COUNT
    atomic {
        if
        :: !linked[FILE(p)] -> printf("%d sees that its file %d was removed\n", p, FILE(p)); goto over
        :: else
        fi
    };
#endif
    content(p);
#ifndef WITHOUT_IS_GONE
    atomic {
        if
        :: record != NONE && !IS_GONE(record) -> goto told
        :: else
        fi
    };
#endif
#ifndef WITHOUT_COMPARISON_BY_CONTENDER
    atomic {
        if
        :: !IS_AT_PATH(p) -> printf("%d sees that the path does not lead to its file\n", p); goto over
        :: else
        fi
    };
#endif
#ifndef WITHOUT_IS_GONE
    /* The patience may end at any time. */
    if
    :: record = NONE; goto again
    :: skip
    fi;
    left_to_others(p);
#endif
    goto told
}

inline refuse(p) {
    skip;
    d_step {
        printf("%d is told ALREADY_LOCKED by %d\n", p, record);
        PROMISE(MET_A_HOLDER(p), "ALREADY_LOCKED only by a holder");
        PROMISE(record != MIXTURE, "no mixture of records is read");
        PROMISE(IS_TRUE_NAME(p, record), "ALREADY_LOCKED never by a past holder");
        forget_call(p);
        record = NONE
    }
}

/* announce, after the flock: the comparison, the record, the guard. Leaves the process at `over` if it is
 * not the path's file any more. */
inline announce(p) {
#ifndef WITHOUT_COMPARISON_AFTER_LOCK
    atomic {
        if
        :: IS_AT_PATH(p) -> printf("%d sees that the path leads to its file %d\n", p, FILE(p))
        :: else -> printf("%d sees that the path does not lead to its file %d\n", p, FILE(p)); goto over
        fi
    };
#endif
    clear(p);
    write(p);
    d_step {
        owner[p] = 1;
        printf("%d is told OK: it has file %d\n", p, FILE(p));
        PROMISE(HAD_THE_PATH(p), "OK only with the lock of the path's file");
        PROMISE(ONE_OWNER, "one owner at the most");
        forget_call(p)
    }
}

/* give_up, by the process that took the lock. */
inline give_up(p) {
    d_step {
/* Without these, there is worse to be found. */
#if !defined(WITHOUT_OWNER_AT_RELEASE) && !defined(WITHOUT_OWNER_AT_HAND_OVER) && !defined(WITHOUT_TAKE_AT_ADOPT)
        PROMISE(first_half[FILE(p)] == p && second_half[FILE(p)] == p, "a holder's record stays until it lets go");
        PROMISE(mode[fd[p]] == EXCLUSIVE, "a holder's lock stays until it lets go");
#endif
        owner[p] = 0;
        printf("%d begins to release file %d\n", p, FILE(p))
    };
#ifdef WITHOUT_BLANK_BEFORE_UNLOCK
    unlock(p);
    blank(p);
#else
#ifndef WITHOUT_BLANK_AT_RELEASE
    blank(p);
#endif
#ifndef WITHOUT_UNLOCK_AT_RELEASE
    unlock(p);
#endif
#endif
    close_file(p)
}

/* acquire_now. */
proctype acquirer(byte me) {
    byte a, b, record, dead;
    bit got;
    {
        atomic {
            printf("%d wants the lock\n", me);
begin:
            skip;
            open_or_create(me)
        };
        take(me);
told:
        refuse(me);
        drop_file(me);
        goto lives_on;
over:
        drop_file(me);
        goto begin;
locked:
        skip;
        announce(me);
        give_up(me);
lives_on:
        skip
    } OR_KILLED(me)
}

/* acquire_in_queue. */
proctype waiter(byte me) {
    {
        atomic {
            printf("%d waits for the lock\n", me);
begin:
            skip;
            open_or_create(me)
        };
        d_step {
            !IS_BARRED(fd[me], EXCLUSIVE);
            mode[fd[me]] = EXCLUSIVE;
            taker[fd[me]] = me;
            tenant[fd[me]] = me;
            printf("%d has waited for the exclusive lock of file %d\n", me, FILE(me));
            observe()
        };
        goto locked;
over:
        drop_file(me);
        goto begin;
locked:
        skip;
        announce(me);
        give_up(me)
    } OR_KILLED(me)
}

/* is_locked. */
proctype prober(byte me) {
    bit got;
    bit locked;
    atomic {
        printf("%d asks whether it is locked\n", me);
begin:
        if
        :: path == NONE -> goto lives_on
        :: else -> open_or_create(me)
        fi
    };
    try_lock(me, SHARED);
    locked = !got;
#ifndef WITHOUT_COMPARISON_BY_PROBER
    atomic {
        if
        :: !IS_AT_PATH(me) -> goto over
        :: else
        fi
    };
#endif
    d_step {
        printf("%d is told: locked %d\n", me, locked);
        PROMISE((locked -> MET_A_HOLDER(me) : MET_NOBODY(me)), "is_locked says what was so");
        forget_call(me)
    };
    drop_file(me);
    goto lives_on;
over:
    drop_file(me);
    goto begin;
lives_on:
    skip;
    d_step { forget_call(me) }
}

/* inspect. */
proctype inspector(byte me) {
    byte a, b, record, dead;
    bit got, free;
    atomic {
        printf("%d inspects\n", me);
begin:
        if
        :: path == NONE -> goto lives_on
        :: else -> open_or_create(me)
        fi
    };
again:
    skip;
    try_lock(me, SHARED);
    free = got;
#ifdef WITHOUT_SHARED_LOCK_WHILE_READING
    unlock(me);
#endif
    content(me);
#ifndef WITHOUT_COMPARISON_BY_INSPECTOR
    atomic {
        if
        :: !IS_AT_PATH(me) -> goto over
        :: else
        fi
    };
#endif
    atomic {
        if
        :: free -> goto told_free
        :: else
        fi;
#ifdef WITHOUT_HAS_ENDED
        goto told_held;
#endif
        if
        :: record != NONE && !HAS_ENDED(record) -> goto told_held
        :: else
        fi
    };
    if
    :: record = NONE; goto again
    :: skip
    fi;
    left_to_others(me);
told_held:
    skip;
    d_step {
        printf("%d is told HELD by %d\n", me, record);
        PROMISE(MET_A_HOLDER(me), "HELD only while it is held");
        PROMISE(record != MIXTURE, "no mixture of records is read");
            PROMISE(IS_TRUE_NAME(me, record), "HELD never by a past holder")
    };
    goto done;
told_free:
    skip;
    d_step {
        if
        :: record == NONE ->
            printf("%d is told FREE\n", me);
            PROMISE(MET_NOBODY(me), "FREE only while it is free")
        :: else ->
            printf("%d is told STALE, left by %d\n", me, record);
            PROMISE(record != MIXTURE, "no mixture of records is read");
            PROMISE((left[me] & (1 << record)) != 0, "STALE only by who left the record")
        fi
    };
done:
    skip;
    d_step { forget_call(me); record = NONE; free = 0 };
    drop_file(me);
    goto lives_on;
over:
    skip;
    d_step { record = NONE; free = 0 };
    drop_file(me);
    goto begin;
lives_on:
    skip;
    d_step { forget_call(me) }
}

/* ---- a child that the parent, or another thread of it, forks at any time. It has a copy of whatever is open
 * then, and of the guard. ---- */

proctype child(byte me; byte parent) {
    bit has_guard;
    bit got;
    if
    :: d_step {
        fd[parent] != NONE;
        fd[me] = fd[parent];
        users[fd[me]] = users[fd[me]] + 1;
        has_guard = owner[parent];
        printf("%d forks %d, which has file %d open\n", parent, me, FILE(me))
    }
    :: goto lives_on        /* no fork */
    fi;
    if
#if SCENARIO != FORK_AND_KILL
    :: skip                 /* never uses what it inherited, and never ends */
#endif
    :: end_process(me)
    :: has_guard ->         /* give_up */
#ifdef WITHOUT_OWNER_AT_RELEASE
        blank(me);
        unlock(me);
#endif
        close_file(me)
    :: has_guard ->         /* take_fd and adopt */
#ifdef WITHOUT_OWNER_AT_HAND_OVER
        try_lock(me, EXCLUSIVE);
        blank(me);
        write(me);
        d_step {
            owner[me] = 1;
            printf("%d is told OK: it has file %d\n", me, FILE(me));
            PROMISE(ONE_OWNER, "one owner at the most")
        };
#endif
        end_process(me)
    fi;
lives_on:
    skip
}

/* ---- handover.rs: a holder turns its guard into a descriptor, which its heir inherits and adopts ---- */

proctype giver(byte me; byte to) {
    bit got;
    {
        atomic {
            printf("%d wants the lock\n", me);
            open_or_create(me);
            try_lock(me, EXCLUSIVE);
            if
            :: got -> goto locked
            :: else
            fi
        };
        d_step { forget_call(me) };
over:
        drop_file(me);
        goto lives_on;
locked:
        skip;
        announce(me);
        d_step {
            owner[me] = 0;
            printf("%d turns its guard into a descriptor\n", me)
        };
#ifdef UNLOCKED_DESCRIPTORS
        if
        :: unlock(me)           /* Whoever has it can do that. */
        :: skip
        fi;
#endif
        atomic {
            d_step {
                fd[to] = fd[me];
                users[fd[me]] = users[fd[me]] + 1;
                heir[fd[me]] = (mode[fd[me]] == EXCLUSIVE -> to : NONE);
                printf("%d gives the descriptor to %d\n", me, to)
            };
            run adopter(to)
        };
        close_file(me);
lives_on:
        skip
    } OR_KILLED(me)
}

/* try_adopt and inherit. */
proctype adopter(byte me) {
    byte a, b, record, dead, was;
    bit got, is_blank;
    {
        d_step {
            asks[me] = 1;
            observe()
        };
#ifndef WITHOUT_COMPARISONS_AT_ADOPT
        atomic {
            if
            :: !IS_AT_PATH(me) -> goto over
            :: else
            fi
        };
#endif
#ifdef WITHOUT_LOOK_AT_TEXT_AFTER_TAKE
        is_blank = first_half[FILE(me)] == BLANK && second_half[FILE(me)] == BLANK;
#endif
#ifndef WITHOUT_TAKE_AT_ADOPT
        take(me);
#endif
locked:
        skip;
        was = tenant[fd[me]];
#if !defined(WITHOUT_COMPARISONS_AT_ADOPT) && !defined(WITHOUT_SECOND_COMPARISON_AT_ADOPT)
        atomic {
            if
            :: !IS_AT_PATH(me) -> goto over
            :: else
            fi
        };
#endif
#ifndef WITHOUT_LOOK_AT_TEXT_AFTER_TAKE
        is_blank = first_half[FILE(me)] == BLANK && second_half[FILE(me)] == BLANK;
#endif
#ifndef WITHOUT_BLANK_AT_ADOPT
        if
        :: !is_blank -> blank(me)
        :: else
        fi;
#endif
        write(me);
        d_step {
            owner[me] = 1;
            printf("%d is told OK: it has adopted file %d\n", me, FILE(me));
            PROMISE((met[me] & (1 << was)) != 0, "OK only with the lock of the path's file");
            PROMISE(ONE_OWNER, "one owner at the most");
            forget_call(me);
            was = 0
        };
        give_up(me);
        goto lives_on;
told:
        refuse(me);
        close_file(me);
        goto lives_on;
over:
        skip;
        d_step {
            printf("%d is told LOST\n", me);
            forget_call(me)
        };
        close_file(me);
lives_on:
        skip
    } OR_KILLED(me)
}
