/* src/lock/inspect: the questions. They probe the root only if the file is free or missing, keep both shared locks
 * until they have checked the path again, and hold them like any prober. */

/* The file is free or missing. `got` says whether the root is free too; it ends at `over` if the path leads to another
 * file meanwhile. */
inline look_at_root(p) {
#ifdef ROOTED
#ifdef WITHOUT_FILE_WHILE_ASKING_ROOT
    atomic {
        if
        :: fd[p] != NONE -> unlock(p, fd[p])
        :: else
        fi
    };
#endif
    try_lock(p, root_fd[p], SHARED);
#ifdef WITHOUT_ROOT_WHILE_LOOKING_AGAIN
    unlock(p, root_fd[p]);
#endif
#ifndef WITHOUT_SECOND_LOOK_BY_QUESTION
    atomic {
        if
        :: fd[p] == NONE && path != NONE -> printf("%d sees that there is a file\n", p); goto over
        :: fd[p] != NONE && !IS_AT_PATH(fd[p]) -> printf("%d sees that the path does not lead to its file\n", p); goto over
        :: else
        fi
    };
#endif
#else
    skip
#endif
}

inline begin_question(p) {
#ifdef ROOTED
    d_step {
        open_root(p);
        asks[p] = 1;
        observe()
    }
#else
    skip
#endif
}

inline look_for_file_to_ask(p) {
    atomic {
#ifdef ROOTED
        if
        :: path == NONE -> printf("%d finds no file\n", p); goto missing
        :: else -> open_or_create(p, fd[p])
        fi
#else
        if
        :: path == NONE -> goto lives_on
        :: else -> open_or_create(p, fd[p])
        fi
#endif
    }
}

inline drop_question(p) {
#if defined(ROOTED) && !defined(WITHOUT_UNLOCK_OF_ROOT_AT_DROP)
    unlock_root(p);
#endif
    if
    :: fd[p] != NONE -> drop_file(p, fd[p])
    :: else
    fi
}

inline end_question(p) {
    d_step { forget_call(p) };
#ifdef ROOTED
    atomic { close_fd(p, root_fd[p]) }
#endif
}

/* is_locked. */
proctype prober(byte me) {
    bit got;
    bit locked;
    {
    begin_question(me);
begin:
    look_for_file_to_ask(me);
    try_lock(me, fd[me], SHARED);
    locked = !got;
#ifndef WITHOUT_COMPARISON_BY_PROBER
    atomic {
        if
        :: locked && !IS_AT_PATH(fd[me]) -> goto over
        :: NOT_ROOTED && !IS_AT_PATH(fd[me]) -> goto over
        :: else
        fi
    };
#endif
    if
    :: locked -> goto answer
    :: else
    fi;
missing:
    look_at_root(me);
#ifdef ROOTED
    locked = !got;
#endif
answer:
    skip;
    d_step {
        printf("%d is told: locked %d\n", me, locked);
        PROMISE((locked -> MET_A_HOLDER(me) : MET_NO_HOLDER(me)), "is_locked says what was true");
        forget_call(me);
        locked = 0
    };
    drop_question(me);
    goto lives_on;
over:
    drop_question(me);
    goto begin;
lives_on:
    end_question(me)
    }
}

/* inspect. */
proctype inspector(byte me) {
    byte a, b, record, dead;
    bit got, free;
    begin_question(me);
begin:
    look_for_file_to_ask(me);
again:
    skip;
    try_lock(me, fd[me], SHARED);
    free = got;
#ifdef WITHOUT_SHARED_LOCK_WHILE_READING
    unlock(me, fd[me]);
#endif
    content(me);
#ifndef WITHOUT_COMPARISON_BY_INSPECTOR
    atomic {
        if
        :: !free && !IS_AT_PATH(fd[me]) -> goto over
        :: NOT_ROOTED && !IS_AT_PATH(fd[me]) -> goto over
        :: else
        fi
    };
#endif
    atomic {
        if
        :: free -> goto missing
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
    goto told_held;
missing:
    look_at_root(me);
#ifdef ROOTED
    atomic {
        if
        :: !got -> record = NONE; goto told_held
        :: else
        fi
    };
#endif
    goto told_free;
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
            PROMISE(MET_NO_HOLDER(me), "FREE only while it is free")
        :: else ->
            printf("%d is told STALE, left by %d\n", me, record);
            PROMISE(record != MIXTURE, "no mixture of records is read");
            PROMISE((left[me] & (1 << record)) != 0, "STALE only by the process that left the record")
        fi
    };
done:
    skip;
    d_step { forget_call(me); record = NONE; free = 0 };
    drop_question(me);
    goto lives_on;
over:
    skip;
    d_step { record = NONE; free = 0 };
    drop_question(me);
    goto begin;
lives_on:
    end_question(me)
}
