/* Who is there: one small world for each question, chosen by -DSCENARIO=NAME. In the end all have stopped, and the
 * lock can be taken. */

#define REMOVAL 1                   /* contenders while a user removes the file */
#define REMOVAL_IN_QUEUE 2          /* the same for those who wait */
#define PROBING 3                   /* contenders while somebody asks */
#define PROBING_REMOVED 4           /* somebody asks while the file is held, released, removed */
#define INSPECTION 5                /* somebody inspects meanwhile */
#define LEFTOVER 6                  /* a contender, a waiter and an inspector find the record of a dead holder */
#define KILL 7                      /* a holder is killed while somebody inspects */
#define KILL_CONTENDED 8            /* a holder is killed among contenders */
#define FORK 9                      /* a child has what its parent had open */
#define FORK_AND_KILL 10            /* the same, and the parent is killed while somebody inspects */
#define FORK_OF_PROBER 11           /* a child has what somebody who only asks had open */
#define RALPH_CORE 12               /* a ralph-core among contenders while a user removes the file */
#define RALPH_CORE_INSPECTION 13    /* the same while somebody inspects */
#define HAND_OVER 14                /* a holder hands its lock over while somebody inspects */
#define HAND_OVER_REMOVED 15        /* the same with a descriptor without lock, a rival, and a user */
#define ADOPTION 16                 /* a descriptor without lock is adopted, while a holder is killed */
#define ADOPTION_WHILE_INHERITED 17 /* the same while a child keeps the killed holder's lock */

#if SCENARIO == KILL || SCENARIO == KILL_CONTENDED || SCENARIO == FORK || SCENARIO == FORK_AND_KILL || \
    SCENARIO == ADOPTION || SCENARIO == ADOPTION_WHILE_INHERITED || SCENARIO == HAND_OVER || \
    defined(LIMIT_KILLED_BEFORE_WRITING)
#define KILLS
#endif
#if SCENARIO == HAND_OVER_REMOVED
#define UNLOCKED_DESCRIPTORS
#endif

/* Whose record may stay though its process runs and the lock is another's: ralph-core's, and that of a holder whose
 * descriptor was unlocked before anybody adopted it. In the limits such a name must be right too. */
#ifdef LIMIT_LINGERING_RECORD
#define LINGERS(name) false
#elif defined(UNLOCKED_DESCRIPTORS)
#define LINGERS(name) (name == 1)
#else
#define LINGERS(name) foreign[name]
#endif

/* A file that is moved away keeps its name elsewhere, and its record. One whose record may stay makes a name of it
 * that nobody can see through: see the limits. */
#if SCENARIO != RALPH_CORE && SCENARIO != HAND_OVER_REMOVED
#define USER_MOVES 1
#endif

#include "kernel.pml"
#include "library.pml"
#include "neighbours.pml"

/* A lock that is left is a flaw, but for that of a killed process which a child of it keeps. */
#define IS_LEFT(d) (file[d] != NONE && file[d] == path && mode[d] != NONE && !doomed[taker[d]])

init {
    atomic {
#if SCENARIO == REMOVAL
        run acquirer(1);
        run acquirer(2);
        run user(2)
#elif SCENARIO == REMOVAL_IN_QUEUE
        run waiter(1);
        run waiter(2);
        run user(2)
#elif SCENARIO == PROBING
        run acquirer(1);
        run acquirer(2);
        run prober(3)
#elif SCENARIO == PROBING_REMOVED
        run waiter(1);
        run waiter(2);
        run prober(3);
        run user(1)
#elif SCENARIO == INSPECTION
        run waiter(1);
        run waiter(2);
        run inspector(3);
        run user(1)
#elif SCENARIO == LEFTOVER
        path = 1;
        linked[1] = 1;
        first_half[1] = 5;
        second_half[1] = 5;
        ended[5] = 1;
        printf("file 1 has the record of 5, which was killed\n");
        run waiter(1);
#ifdef LIMIT_KILLED_BEFORE_WRITING
        run waiter(2);
        run killer(1, 1, 1);
#else
        run acquirer(2);
#endif
        run inspector(3)
#elif SCENARIO == KILL
        run waiter(1);
        run waiter(2);
        run inspector(3);
        run killer(2, 1, 2)
#elif SCENARIO == KILL_CONTENDED
        run waiter(1);
        run waiter(2);
        run acquirer(3);
        run killer(2, 1, 2)
#elif SCENARIO == FORK
        run acquirer(1);
        run child(2, 1);
        run acquirer(3);
        run killer(1, 1, 1)
#elif SCENARIO == FORK_AND_KILL
        if
        :: dead_are_listed = 1
        :: skip
        fi;
        run waiter(1);
        run child(2, 1);
        run waiter(3);
        run inspector(4);
        run killer(1, 1, 1)
#elif SCENARIO == RALPH_CORE
        foreign[1] = 1;
        run ralph_core(1);
        run waiter(2);
        run acquirer(3);
        run user(1)
#elif SCENARIO == RALPH_CORE_INSPECTION
        foreign[1] = 1;
        run ralph_core(1);
        run waiter(2);
        run inspector(3)
#elif SCENARIO == HAND_OVER
        run giver(1, 2);
        run waiter(3);
        run inspector(4);
        run killer(1, 1, 1)
#elif SCENARIO == HAND_OVER_REMOVED
        run giver(1, 2);
        run acquirer(3);
        run user(1)
#elif SCENARIO == FORK_OF_PROBER
        run prober(1);
        run child(2, 1);
        run acquirer(3)
#elif SCENARIO == ADOPTION
        run shell(1);
        run waiter(2);
        run inspector(3);
        run killer(1, 2, 2)
#elif SCENARIO == ADOPTION_WHILE_INHERITED
        if
        :: dead_are_listed = 1
        :: skip
        fi;
        run waiter(1);
        run child(2, 1);
        run shell(3);
        run killer(1, 1, 1)
#else
#error no such scenario
#endif
    };
    _nr_pr == 1;
    d_step {
        PROMISE(!IS_LEFT(1) && !IS_LEFT(2) && !IS_LEFT(3) && !IS_LEFT(4) && !IS_LEFT(5), "in the end the lock is free")
    }
}
