/* src/lock/root: the lock of the workspace's root directory. Everything here is for the workspace's own lock; a lock
 * file chosen with set_lock_file locks no root. */

#ifdef ROOTED
inline open_root(p) {
    describe(root_fd[p], ROOT)
}

/* Unlock before closing, because a forked child may have a copy. */
inline unlock_root(p) {
    atomic {
        if
        :: mode[root_fd[p]] != NONE -> unlock(p, root_fd[p])
        :: else
        fi
    }
}

/* LOCK_NB, with the test for probers. It ends at `rooted`, or at `root_held` after the retries. */
inline lock_root(p) {
    skip;
root_again:
    atomic {
        try_lock(p, root_fd[p], EXCLUSIVE);
        if
        :: got -> goto rooted
        :: else
        fi
    };
#ifndef WITHOUT_SHARED_TRY_OF_ROOT
    atomic {
        try_lock(p, root_fd[p], SHARED);
        if
        :: !got -> goto root_refused
        :: else
        fi
    };
    /* Only probers have it. */
    unlock(p, root_fd[p]);
    goto root_again;
root_refused:
#endif
    /* The retries may end at any time. */
    if
    :: goto root_again
    :: goto root_held
    fi
}

/* The file is missing: nothing is created while another process has the root. It ends at `may_create`, at `begin`
 * because there is a file again, or at `bare` because the root is held and there is none. */
inline look_at_root_first(p) {
    skip;
#ifdef WITHOUT_ROOT_BEFORE_CREATE
    goto may_create;
#endif
    try_lock(p, root_fd[p], SHARED);
    if
    :: got -> unlock(p, root_fd[p]); goto may_create
    :: else
    fi;
#ifndef WITHOUT_SECOND_LOOK_BEFORE_BARE_REFUSAL
    atomic {
        if
        :: path != NONE -> printf("%d sees that there is a file\n", p); goto begin
        :: else
        fi
    };
#endif
    goto bare
}

inline open_or_create_below_root(p) {
    atomic {
        d_step {
            PROMISE(path != NONE || SAW(p, ROOT_FREE), "nothing is created while another process has the root")
        };
        open_or_create(p, fd[p])
    }
}
#endif
