/* The others: ralph-core, a shell, the user, kill(1). */

/* ralph-core 2.9.3, try_acquire and drop: no comparison, the record is truncated and written in place and never
 * taken out, and closing is all the release there is. */
proctype ralph_core(byte me) {
    bit got;
    open_or_create(me);
    try_lock(me, EXCLUSIVE);
    if
    :: !got -> goto lives_on
    :: else
    fi;
    truncate(me);
    write(me);
    d_step {
        owner[me] = 1;
        printf("%d, a ralph-core, has file %d\n", me, FILE(me));
        PROMISE(ONE_OWNER, "one owner at the most")
    };
    owner[me] = 0;
lives_on:
    skip;
    d_step { forget_call(me) };
    close_file(me)
}

/* `exec 9<>.ralph/loop.lock` without `flock 9`: a descriptor that has no lock, and somebody who adopts it. */
proctype shell(byte me) {
    open_or_create(me);
    d_step { forget_call(me) };
    run adopter(me)
}

/* Removes the file, or moves it away, while others use it. */
proctype user(byte times) {
    do
    :: times == 0 -> break
    :: break
    :: d_step {
        path != NONE && times > 0;
        times--;
        linked[path] = 0;
        printf("the user removes file %d\n", path);
        if
        :: !IS_OPEN(path) -> first_half[path] = BLANK; second_half[path] = BLANK
        :: else
        fi;
        path = NONE;
        observe()
    }
#if USER_MOVES || defined(LIMIT_MOVED_AWAY)
    :: d_step {
        path != NONE && times > 0;
        times--;
        printf("the user moves file %d away\n", path);
        path = NONE;
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
            printf("%d is killed\n", victim);
            victim = 0
        }
    od
}
