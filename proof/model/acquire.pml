/* src/lock/acquire: taking the lock. The comments name the functions that the lines model. Each protective step can be
 * removed with -DWITHOUT_..., and then a promise breaks. */

/* metadata: has_ended, is_gone: known not to run. A mixture's or ralph-core's process is never known. */
#define HAS_ENDED(name) (name != MIXTURE && ended[name] && !foreign[name])
#ifdef LIMIT_UNREAPED
#define IS_GONE(name) false     /* Its parent has not waited for it, or its PID is reused. */
#else
#define IS_GONE(name) HAS_ENDED(name)
#endif

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
        try_lock(p, fd[p], SHARED);
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

/* contend: the lock of the file. It ends at a label: `locked`; `told` of a holder; or `over`, because the file is no
 * longer at its path. */
inline contend(p) {
    skip;
again:
    atomic {
        try_lock(p, fd[p], EXCLUSIVE);
        if
        :: got -> goto locked
        :: else
        fi
    };
#ifndef WITHOUT_SHARED_TRY
    atomic {
        try_lock(p, fd[p], SHARED);
        if
        :: !got -> goto held
        :: else
        fi
    };
    /* Only probers. A conversion drops the lock first. */
    unlock(p, fd[p]);
    atomic {
        try_lock(p, fd[p], EXCLUSIVE);
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
held:
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
        :: !IS_AT_PATH(fd[p]) -> printf("%d sees that the path does not lead to its file\n", p); goto over
        :: else
        fi
    };
#endif
#ifndef WITHOUT_IS_GONE
    /* The retries may end at any time. */
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

/* ALREADY_LOCKED without a holder: the message says that the holder's lock file was removed. */
inline refuse_by_root(p) {
    d_step {
        printf("%d is told ALREADY_LOCKED: the root is held\n", p);
        PROMISE(MET_A_HOLDER(p), "ALREADY_LOCKED only by a holder");
        PROMISE(SAW(p, ROOT_ALONE), "the root is blamed only if its holder has no file");
        forget_call(p)
    }
}

/* publish, with the locks: the comparison, the record, the guard. It leaves the process at `over` if its file is not
 * the path's any more. */
inline publish(p) {
#ifndef WITHOUT_COMPARISON_AFTER_LOCK
    atomic {
        if
        :: IS_AT_PATH(fd[p]) -> printf("%d sees that the path leads to its file %d\n", p, FILE(p))
        :: else -> printf("%d sees that the path does not lead to its file %d\n", p, FILE(p)); goto over
        fi
    };
#endif
    clear(p, fd[p]);
    write_text(p, fd[p], p);
    d_step {
        owner[p] = 1;
        printf("%d is told OK: it has file %d\n", p, FILE(p));
        PROMISE(SAW(p, HAD), "OK only with the lock of the path");
        promise_one_owner();
        forget_call(p)
    }
}

#ifdef ROOTED

/* acquire_now, and a timed wait, which unlocks everything after each look. */
proctype acquirer(byte me) {
    byte record, dead;
    bit got;
    {
        d_step {
            printf("%d wants the lock\n", me);
            open_root(me);
            asks[me] = 1;
            observe()
        };
begin:
        atomic {
            if
            :: path == NONE -> printf("%d finds no file\n", me)
            :: else -> open_or_create(me, fd[me]); goto opened
            fi
        };
        look_at_root_first(me);
may_create:
        open_or_create_below_root(me);
opened:
        contend(me);
told:
        refuse(me);
        drop_file(me, fd[me]);
        goto lives_on;
bare:
        refuse_by_root(me);
        goto lives_on;
locked:
        skip;
#ifdef WITHOUT_ROOT
        goto rooted;
#endif
        lock_root(me);
root_held:
#ifdef WITHOUT_GIVING_BACK_AT_LOOK
        skip;
        d_step { rests[me] = 1; printf("%d sleeps until its next look\n", me) };
        d_step { rests[me] = 0 };
        goto root_again;
#endif
#ifndef WITHOUT_COMPARISON_BEFORE_REFUSAL
        atomic {
            if
            :: !IS_AT_PATH(fd[me]) -> goto over
            :: else
            fi
        };
#endif
        refuse_by_root(me);
        drop_file(me, fd[me]);
        goto lives_on;
over:
        unlock_root(me);
        drop_file(me, fd[me]);
        goto begin;
rooted:
        skip;
        publish(me);
        guard(me);
        goto gone;
lives_on:
        unlock_root(me);
        close_fd(me, root_fd[me]);
gone:
        skip
    } OR_KILLED(me)
}

/* acquire_in_queue. It never waits for the root while it has the file. */
proctype waiter(byte me) {
    byte record;
    bit got;
    {
        d_step {
            printf("%d waits for the lock\n", me);
            open_root(me);
            asks[me] = 1;
            observe()
        };
begin:
        atomic {
            if
            :: path == NONE -> printf("%d finds no file\n", me)
            :: else -> open_or_create(me, fd[me]); goto opened
            fi
        };
        look_at_root_first(me);
may_create:
        open_or_create_below_root(me);
opened:
        wait_lock(me, fd[me], EXCLUSIVE);
        atomic {
            try_lock(me, root_fd[me], EXCLUSIVE);
            if
            :: got -> goto rooted
            :: else
            fi
        };
#ifdef WITHOUT_GIVING_BACK_BEFORE_WAIT
        d_step { rests[me] = 1; printf("%d waits for the root\n", me) };
        wait_lock(me, root_fd[me], EXCLUSIVE);
        d_step { rests[me] = 0 };
        goto rooted;
#endif
        drop_file(me, fd[me]);
bare:
        wait_lock(me, root_fd[me], SHARED);
        unlock(me, root_fd[me]);
        goto begin;
over:
        unlock_root(me);
        drop_file(me, fd[me]);
        goto begin;
rooted:
        skip;
        publish(me);
        guard(me)
    } OR_KILLED(me)
}

#else

/* acquire_now. */
proctype acquirer(byte me) {
    byte a, b, record, dead;
    bit got;
    {
        atomic {
            printf("%d wants the lock\n", me);
begin:
            skip;
            open_or_create(me, fd[me])
        };
        contend(me);
told:
        refuse(me);
        drop_file(me, fd[me]);
        goto lives_on;
over:
        drop_file(me, fd[me]);
        goto begin;
locked:
        skip;
        publish(me);
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
            open_or_create(me, fd[me])
        };
        wait_lock(me, fd[me], EXCLUSIVE);
        goto locked;
over:
        drop_file(me, fd[me]);
        goto begin;
locked:
        skip;
        publish(me);
        give_up(me)
    } OR_KILLED(me)
}

#endif
