/* guard_restore: the owner puts its lock file back after it was removed or replaced. It has the root all the time, so
 * only a program that knows only the file can lock the new one first. */

#define IS_SETTLED(e, d) (e != d && file[e] == file[d] && mode[e] == EXCLUSIVE && \
    (foreign[tenant[e]] || rests[tenant[e]]))
#define IS_HELD_FOR_LONG(d) (IS_SETTLED(1, d) || IS_SETTLED(2, d) || IS_SETTLED(3, d) || IS_SETTLED(4, d) || \
    IS_SETTLED(5, d) || IS_SETTLED(6, d) || IS_SETTLED(7, d) || IS_SETTLED(8, d))

#ifdef ROOTED
inline restore(p) {
    begin_call(p);
look_for_file:
    atomic {
        if
        :: IS_AT_PATH(fd[p]) -> goto in_place
        :: else
        fi;
        open_or_create(p, new_fd[p])
    };
restore_again:
    atomic {
        try_lock(p, new_fd[p], EXCLUSIVE);
        if
        :: got -> goto has_new
        :: else
        fi
    };
    atomic {
        try_lock(p, new_fd[p], SHARED);
        if
        :: got -> unlock(p, new_fd[p]); goto restore_again     /* Only probers. */
        :: else
        fi
    };
#ifndef WITHOUT_COMPARISON_BEFORE_REFUSAL_TO_RESTORE
    atomic {
        if
        :: !IS_AT_PATH(new_fd[p]) -> close_fd(p, new_fd[p]); goto look_for_file
        :: else
        fi
    };
#endif
    /* Its 50 ms are longer than the 20 ms for which a contender has the file: they end only if the holder keeps it. */
    if
    :: IS_HELD_FOR_LONG(new_fd[p]) ->
        d_step {
            printf("%d is told ALREADY_LOCKED: it cannot restore file %d\n", p, file[new_fd[p]]);
            PROMISE(MET_A_FILE_ONLY(p), "only a program that knows only the file prevents a restore");
            forget_call(p)
        };
        close_fd(p, new_fd[p]);
        goto restored
    :: goto restore_again
    fi;
has_new:
#ifndef WITHOUT_COMPARISON_AT_RESTORE
    atomic {
        if
        :: !IS_AT_PATH(new_fd[p]) -> drop_file(p, new_fd[p]); goto look_for_file
        :: else
        fi
    };
#endif
    clear(p, new_fd[p]);
    write_text(p, new_fd[p], p);
    d_step { i = fd[p]; fd[p] = new_fd[p]; new_fd[p] = i; i = 0 };
    /* The old file may have been moved, not removed: its record is blanked, as at a release. */
#ifndef WITHOUT_BLANK_AT_RESTORE
    write_text(p, new_fd[p], BLANK);
#endif
    drop_file(p, new_fd[p]);
in_place:
    skip;
    d_step {
        printf("%d is told OK: its file is in place\n", p);
        PROMISE(SAW(p, HAD), "a restore says OK only if the file is back");
        promise_one_owner();
        forget_call(p)
    };
restored:
    got = 0
}
#endif
