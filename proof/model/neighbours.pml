/* Other programs: ralph-core, a shell, the user, kill(1). */

/* ralph-core 2.9.3, try_acquire and drop: no root and no comparison, the record is truncated and written in place and
 * never removed, and the close is the release. */
proctype ralph_core(byte me) {
    bit got;
    open_or_create(me, fd[me]);
    try_lock(me, fd[me], EXCLUSIVE);
    if
    :: !got -> goto lives_on
    :: else
    fi;
    truncate(me, fd[me]);
    write_text(me, fd[me], me);
    d_step {
        owner[me] = 1;
        printf("%d, a ralph-core, has file %d\n", me, FILE(me));
        promise_one_owner()
    };
    owner[me] = 0;
lives_on:
    skip;
    d_step { forget_call(me) };
    close_fd(me, fd[me])
}

#ifndef ROOTED
/* `exec 9<>.ralph/loop.lock` without `flock 9`: a descriptor that has no lock, and a process that adopts it. */
proctype shell(byte me) {
    open_or_create(me, fd[me]);
    d_step { forget_call(me) };
    run adopter(me)
}
#endif

/* A process that has a copy of an owner's descriptor unlocks it. */
proctype stranger(byte whose) {
    if
    :: d_step {
        owner[whose] && HAS(fd[whose]);
        drop_lock(fd[whose]);
        printf("a copy of the descriptor of %d is unlocked\n", whose);
        observe()
    }
    :: skip
    fi
}

/* Removes the file, moves it away, or moves it back over what is there. With .ralph it is the same. */
proctype user(byte times) {
    do
    :: times == 0 -> break
    :: break
    :: d_step {
        path != NONE && times > 0;
        times--;
        linked[path] = 0;
        printf("the user removes file %d\n", path);
        free_inode(path);
        path = NONE;
        observe()
    }
#if USER_MOVES || defined(LIMIT_MOVED_AWAY)
    :: d_step {
        path != NONE && times > 0;
        times--;
        printf("the user moves file %d away\n", path);
#ifdef ROOTED
        aside = path;
#endif
        path = NONE;
        observe()
    }
#endif
#ifdef USER_MOVES_BACK
    :: d_step {
        aside != NONE && times > 0;
        times--;
        printf("the user moves file %d back\n", aside);
        if
        :: path != NONE -> linked[path] = 0; free_inode(path)
        :: else
        fi;
        path = aside;
        aside = NONE;
        observe()
    }
#endif
    od
}

/* kill -9 of one of these processes, at any moment. */
proctype killer(byte times; byte first; byte last) {
    byte victim;
    do
    :: times == 0 -> break
    :: break
    :: times > 0 ->
        atomic {
            times--;
            victim = first;
            do
            :: victim < last -> victim++
            :: break
            od;
            doomed[victim] = 1;
            owner[victim] = 0;
            printf("%d is killed\n", victim);
            victim = 0
        }
    od
}
