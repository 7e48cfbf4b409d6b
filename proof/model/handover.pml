/* src/ops/handover: an owner turns its guard into a descriptor, which its heir inherits and adopts. Between the two
 * only the file protects the workspace. */

proctype giver(byte me; byte to) {
    byte record;
    bit got;
    {
#ifdef ROOTED
        d_step {
            printf("%d wants the lock\n", me);
            open_root(me);
            asks[me] = 1;
            observe()
        };
begin:
        open_or_create(me, fd[me]);
        atomic {
            try_lock(me, fd[me], EXCLUSIVE);
            if
            :: got -> goto locked
            :: else -> goto over
            fi
        };
locked:
        atomic {
            try_lock(me, root_fd[me], EXCLUSIVE);
            if
            :: got -> goto rooted
            :: else
            fi
        };
over:
        skip;
        d_step { forget_call(me) };
        drop_file(me, fd[me]);
        unlock_root(me);
        close_fd(me, root_fd[me]);
        goto lives_on;
rooted:
        skip;
        publish(me);
#ifdef RESTORER
        if
        :: me == RESTORER -> restore(me)
        :: skip
        fi;
#endif
        d_step {
            owner[me] = 0;
            printf("%d turns its guard into a descriptor\n", me)
        };
#ifndef WITHOUT_UNLOCK_OF_ROOT_AT_HAND_OVER
        unlock(me, root_fd[me]);
#endif
        close_fd(me, root_fd[me]);
#else
        atomic {
            printf("%d wants the lock\n", me);
            open_or_create(me, fd[me]);
            try_lock(me, fd[me], EXCLUSIVE);
            if
            :: got -> goto locked
            :: else
            fi
        };
        d_step { forget_call(me) };
over:
        drop_file(me, fd[me]);
        goto lives_on;
locked:
        skip;
        publish(me);
        d_step {
            owner[me] = 0;
            printf("%d turns its guard into a descriptor\n", me)
        };
#endif
#ifdef UNLOCKED_DESCRIPTORS
        if
        :: unlock(me, fd[me])           /* A process that has it can do that. */
        :: skip
        fi;
#endif
        atomic {
            d_step {
                inherit(fd[to], fd[me]);
                heir[fd[me]] = (mode[fd[me]] == EXCLUSIVE -> to : NONE);
                printf("%d gives the descriptor to %d\n", me, to)
            };
            run adopter(to)
        };
#ifdef SECOND_HEIR
        atomic {
            d_step {
                inherit(fd[SECOND_HEIR], fd[me]);
                printf("%d gives a copy of the descriptor to %d\n", me, SECOND_HEIR)
            };
            run adopter(SECOND_HEIR)
        };
#endif
        close_fd(me, fd[me]);
lives_on:
        skip
    } OR_KILLED(me)
}

/* adopt. */
proctype adopter(byte me) {
    byte a, b, record, dead;
    bit got, is_blank;
    {
        d_step {
#ifdef ROOTED
            open_root(me);
#endif
            asks[me] = 1;
            observe()
        };
#ifndef WITHOUT_COMPARISONS_AT_ADOPT
        atomic {
            if
            :: !IS_AT_PATH(fd[me]) -> goto over
            :: else
            fi
        };
#endif
#ifdef WITHOUT_LOOK_AT_TEXT_AFTER_LOCK
        is_blank = first_half[FILE(me)] == BLANK && second_half[FILE(me)] == BLANK;
#endif
#ifndef WITHOUT_LOCK_AT_ADOPT
        contend(me);
#endif
locked:
        skip;
#ifdef ROOTED
#ifdef WITHOUT_ROOT_AT_ADOPT
        goto rooted;
#endif
        lock_root(me);
root_held:
        goto over;
rooted:
#endif
#if defined(ROOTED) && !defined(WITHOUT_SECOND_LOCK_AT_ADOPT)
        /* Another process that has adopted a copy may have released it meanwhile. */
        atomic {
            try_lock(me, fd[me], EXCLUSIVE);
            if
            :: !got -> goto over
            :: else
            fi
        };
#endif
#if !defined(WITHOUT_COMPARISONS_AT_ADOPT) && !defined(WITHOUT_SECOND_COMPARISON_AT_ADOPT)
        atomic {
            if
            :: !IS_AT_PATH(fd[me]) -> goto over
            :: else
            fi
        };
#endif
#ifndef WITHOUT_LOOK_AT_TEXT_AFTER_LOCK
        is_blank = first_half[FILE(me)] == BLANK && second_half[FILE(me)] == BLANK;
#endif
#ifndef WITHOUT_BLANK_AT_ADOPT
        if
        :: !is_blank -> write_text(me, fd[me], BLANK)
        :: else
        fi;
#endif
        write_text(me, fd[me], me);
        d_step {
            owner[me] = 1;
            printf("%d is told OK: it has adopted file %d\n", me, FILE(me));
            PROMISE(SAW(me, HAD), "OK only with the lock of the path");
            promise_one_owner();
            forget_call(me)
        };
        give_up_shared(me);
        goto lives_on;
told:
        refuse(me);
#ifdef ROOTED
        close_fd(me, root_fd[me]);
#endif
        close_fd(me, fd[me]);
        goto lives_on;
over:
        skip;
        d_step {
            printf("%d is told LOST\n", me);
            PROMISE(SAW(me, GONE) || MET_A_HOLDER(me), "LOST only if the file is gone or another has the lock");
            forget_call(me)
        };
#ifdef ROOTED
        unlock_root(me);
        close_fd(me, root_fd[me]);
#endif
        close_fd(me, fd[me]);
lives_on:
        skip
    } OR_KILLED(me)
}
