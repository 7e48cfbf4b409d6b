/* src/lock/guard: an owner's actions, and a forked child with a copy of its descriptors. */

/* release, by the process that took the lock. */
inline give_up(p) {
    d_step {
/* Checked first: without these, spin finds later violations. */
#if !defined(WITHOUT_OWNER_AT_RELEASE) && !defined(WITHOUT_OWNER_AT_HAND_OVER) && !defined(WITHOUT_LOCK_AT_ADOPT)
        PROMISE(first_half[FILE(p)] == p && second_half[FILE(p)] == p, "a holder's record stays until it releases");
        PROMISE(mode[fd[p]] == EXCLUSIVE, "a holder's lock stays until it releases");
#endif
        owner[p] = 0;
        printf("%d begins to release file %d\n", p, FILE(p))
    };
#if defined(ROOTED) && !defined(WITHOUT_UNLOCK_OF_ROOT_AT_RELEASE)
    unlock_root(p);
#endif
#ifdef WITHOUT_BLANK_BEFORE_UNLOCK
    unlock(p, fd[p]);
    write_text(p, fd[p], BLANK);
#else
#ifndef WITHOUT_BLANK_AT_RELEASE
    write_text(p, fd[p], BLANK);
#endif
#ifndef WITHOUT_UNLOCK_AT_RELEASE
    unlock(p, fd[p]);
#endif
#endif
#ifdef ROOTED
    close_fd(p, root_fd[p]);
#endif
    close_fd(p, fd[p])
}

/* The same if there may be copies of the descriptor, because it was adopted or the process has forked: a copy may have
 * unlocked it. Then the lock is taken again, and only the guard's own record is blanked. The root stays locked
 * meanwhile, so that no other process adopts a copy and has the same lock. */
inline give_up_shared(p) {
    d_step {
        owner[p] = 0;
        printf("%d begins to release file %d\n", p, FILE(p))
    };
#if defined(ROOTED) && defined(WITHOUT_ROOT_UNTIL_FILE_IS_RELEASED)
    unlock(p, root_fd[p]);
#endif
#ifdef WITHOUT_LOCK_AT_RELEASE
    got = 1;
#else
    try_lock(p, fd[p], EXCLUSIVE);
#endif
    if
    :: got ->
#ifndef WITHOUT_OWN_RECORD_AT_RELEASE
        if
        :: first_half[FILE(p)] == p && second_half[FILE(p)] == p -> skip
        :: else -> printf("%d is told LOST at its release\n", p); goto lost_at_release
        fi;
#endif
        d_step {
            PROMISE(first_half[FILE(p)] == p || first_half[FILE(p)] == BLANK, "a release blanks only its own record")
        };
        write_text(p, fd[p], BLANK);
lost_at_release:
        skip;
        d_step {
            PROMISE(!IS_LOCK_OF_ANOTHER(p), "a holder's lock stays until it releases")
        };
        unlock(p, fd[p])
    :: else -> printf("%d is told LOST at its release\n", p)
    fi;
#ifdef ROOTED
    unlock_root(p);
    close_fd(p, root_fd[p]);
#endif
    close_fd(p, fd[p])
}

#ifdef ROOTED
/* An owner restores its file, or does not, and releases. */
inline guard(p) {
#ifdef RESTORER
    if
    :: p == RESTORER -> restore(p)
    :: skip
    fi;
#endif
    give_up(p)
}
#endif

/* A child forked at any time by the process or another thread of it. It has copies of all open descriptors and of the
 * guard. */
proctype child(byte me; byte parent) {
    bit has_guard;
    bit got;
    if
    :: d_step {
        HAS_OPEN_FILES(parent);
        inherit(fd[me], fd[parent]);
#ifdef ROOTED
        inherit(root_fd[me], root_fd[parent]);
        inherit(new_fd[me], new_fd[parent]);
#endif
        has_guard = owner[parent];
        printf("%d forks %d, which has a copy of what is open\n", parent, me)
    }
    :: goto lives_on        /* no fork */
    fi;
    if
#if SCENARIO != FORK_AND_KILL && SCENARIO != ROOT_FORK_IN_QUEUE
    :: skip                 /* never uses what it inherited, and never ends */
#endif
    :: end_process(me)
    :: has_guard ->         /* release */
#ifdef WITHOUT_OWNER_AT_RELEASE
        write_text(me, fd[me], BLANK);
        unlock(me, fd[me]);
#endif
#ifdef ROOTED
        close_fd(me, root_fd[me]);
        close_at_end(me, new_fd[me]);
#endif
        close_fd(me, fd[me])
    :: has_guard ->         /* into_fd and adopt, and guard_restore */
#ifdef WITHOUT_OWNER_AT_HAND_OVER
        try_lock(me, fd[me], EXCLUSIVE);
        write_text(me, fd[me], BLANK);
        write_text(me, fd[me], me);
        d_step {
            owner[me] = 1;
            printf("%d is told OK: it has file %d\n", me, FILE(me));
            promise_one_owner()
        };
#endif
        end_process(me)
    fi;
lives_on:
    skip
}
