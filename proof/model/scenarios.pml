/* The worlds: a small one for each question, chosen by -DSCENARIO=NAME. In the end all processes have stopped, and the
 * lock can be taken. */

/* A lock file that was chosen with set_lock_file: the file's protocol alone, with torn texts. */

#define REMOVAL 1                   /* contenders while a user removes the file */
#define REMOVAL_IN_QUEUE 2          /* the same for waits */
#define PROBING 3                   /* contenders while a prober asks */
#define PROBING_REMOVED 4           /* a prober asks while the file is held, released, removed */
#define INSPECTION 5                /* an inspector asks meanwhile */
#define LEFTOVER 6                  /* a contender, a waiter and an inspector find the record of a dead holder */
#define KILL 7                      /* a holder is killed while an inspector asks */
#define KILL_CONTENDED 8            /* a holder is killed among contenders */
#define FORK 9                      /* a child has what its parent had open */
#define FORK_AND_KILL 10            /* the same, and the parent is killed while an inspector asks */
#define FORK_OF_PROBER 11           /* a child has what a prober had open */
#define RALPH_CORE 12               /* a ralph-core among contenders while a user removes the file */
#define RALPH_CORE_INSPECTION 13    /* the same while an inspector asks */
#define HAND_OVER 14                /* a holder hands its lock over while an inspector asks */
#define HAND_OVER_REMOVED 15        /* the same with a descriptor without lock, a rival, and a user */
#define ADOPTION 16                 /* a descriptor without lock is adopted, while a holder is killed */
#define ADOPTION_WHILE_INHERITED 17 /* the same while a child keeps the killed holder's lock */

/* The waits of one process, and which of them is woken. */
#define LINE 20                     /* waits of which one is freed at some moment */
#define LINE_PASSED_OVER 21         /* the same while one does not step, and the alarm goes off */

/* The workspace's own lock: the file and the root. */
#define ROOT_REMOVAL 30             /* contenders while a user removes the file */
#define ROOT_REMOVAL_IN_QUEUE 31    /* waits while a user also moves it, and back */
#define ROOT_REMOVAL_MIXED 32       /* the same for both */
#define ROOT_PROBING 33             /* contenders while a prober asks */
#define ROOT_INSPECTION 34          /* a contender and a wait while an inspector asks */
#define ROOT_RESTORE 35             /* an owner restores its file among contenders */
#define ROOT_RESTORE_IN_QUEUE 36    /* the same among waits */
#define ROOT_RESTORE_RALPH_CORE 37  /* the same against a ralph-core */
#define ROOT_RESTORE_PROBING 38     /* a prober asks meanwhile */
#define ROOT_KILL 39                /* an owner is killed, and its descriptors close one after the other */
#define ROOT_KILL_INSPECTION 40     /* the same while an inspector asks */
#define ROOT_KILL_RESTORE 41        /* an owner is killed while it restores */
#define ROOT_HAND_OVER 42           /* a holder hands its lock over while a contender tries and a user removes the file */
#define ROOT_HAND_OVER_PROBING 43   /* a prober asks meanwhile */
#define ROOT_HAND_OVER_FORK 50      /* a child has copies of what the giver had open */
#define ROOT_TWO_HEIRS 44           /* two processes adopt copies of one descriptor */
#define ROOT_UNLOCKED_COPY 45       /* a copy of an adopted descriptor is unlocked */
#define ROOT_FORK 46                /* a child has copies of what its parent had open */
#define ROOT_FORK_OF_OWNER 51       /* the same with the parent alone */
#define ROOT_FORK_IN_QUEUE 47       /* the same among waits */
#define ROOT_FORK_OF_PROBER 48      /* a child has copies of what a prober had open */
#define ROOT_RALPH_CORE 49          /* a ralph-core and a contender while a user removes the file */

#if SCENARIO >= 30
#define ROOTED
#define WHOLE
#define NOT_ROOTED false
#else
#define NOT_ROOTED true
#endif

/* State that no promise needs is omitted, to keep the search small. */
#if !defined(ROOTED) || SCENARIO == ROOT_INSPECTION || SCENARIO == ROOT_KILL_INSPECTION
#define INSPECTED
#endif
#if !defined(ROOTED) || SCENARIO == ROOT_HAND_OVER || SCENARIO == ROOT_HAND_OVER_PROBING || \
    SCENARIO == ROOT_TWO_HEIRS || SCENARIO == ROOT_UNLOCKED_COPY || \
    SCENARIO == ROOT_HAND_OVER_FORK
#define HANDED_OVER
#endif

#if SCENARIO == ROOT_RESTORE || SCENARIO == ROOT_RESTORE_IN_QUEUE || SCENARIO == ROOT_RESTORE_RALPH_CORE || \
    SCENARIO == ROOT_RESTORE_PROBING || SCENARIO == ROOT_KILL_RESTORE || SCENARIO == ROOT_HAND_OVER_PROBING
#define RESTORER 1
#endif
#if SCENARIO == ROOT_TWO_HEIRS
#define SECOND_HEIR 3
#endif

#if SCENARIO == KILL || SCENARIO == KILL_CONTENDED || SCENARIO == FORK || SCENARIO == FORK_AND_KILL || \
    SCENARIO == ADOPTION || SCENARIO == ADOPTION_WHILE_INHERITED || SCENARIO == HAND_OVER || \
    SCENARIO == ROOT_KILL || SCENARIO == ROOT_KILL_INSPECTION || SCENARIO == ROOT_KILL_RESTORE || \
    SCENARIO == ROOT_FORK || defined(LIMIT_KILLED_BEFORE_WRITING)
#define KILLS
#endif
#if SCENARIO == HAND_OVER_REMOVED || SCENARIO == ROOT_HAND_OVER
#define UNLOCKED_DESCRIPTORS
#endif

/* A record that may stay though its process runs and the lock is another's: ralph-core's, and that of a holder whose
 * descriptor was unlocked before it was adopted, or was not adopted. In the limits such a name must be right too. */
#ifdef LIMIT_LINGERING_RECORD
#define LINGERS(name) false
#elif defined(UNLOCKED_DESCRIPTORS) || SCENARIO == ROOT_HAND_OVER || \
    SCENARIO == ROOT_HAND_OVER_PROBING || SCENARIO == ROOT_TWO_HEIRS || SCENARIO == ROOT_UNLOCKED_COPY || \
    SCENARIO == ROOT_HAND_OVER_FORK
#define LINGERS(name) (name == 1 || foreign[name])
#elif !defined(LIMIT_GIVEN_BACK) && (SCENARIO == ROOT_KILL || SCENARIO == ROOT_KILL_INSPECTION)
#define LINGERS(name) doomed[name]
#else
#define LINGERS(name) foreign[name]
#endif

/* A file that is moved away keeps its name elsewhere, and its record. If that record may stay, no contender can tell
 * that the name is wrong: see the limits. */
#if !defined(ROOTED) && SCENARIO != RALPH_CORE && SCENARIO != HAND_OVER_REMOVED
#define USER_MOVES 1
#endif
#if SCENARIO == ROOT_REMOVAL_IN_QUEUE || SCENARIO == ROOT_RESTORE_RALPH_CORE
#define USER_MOVES 1
#define USER_MOVES_BACK
#endif

#define PROMISE(condition, words) \
    if \
    :: (condition) \
    :: else -> printf("broken: "); printf(words); printf("\n"); assert(false) \
    fi

#if SCENARIO == LINE || SCENARIO == LINE_PASSED_OVER
#include "line.pml"
#else
#include "kernel.pml"
#include "promises.pml"
#include "file.pml"
#include "root.pml"
#include "release.pml"
#include "restore.pml"
#include "acquire.pml"
#include "questions.pml"
#include "handover.pml"
#include "neighbours.pml"

/* A lock left behind is a fault, except a killed process's lock of which a child has a copy. */
#define IS_LEFT(d) (file[d] != NONE && (file[d] == path || file[d] == ROOT) && mode[d] != NONE && !doomed[taker[d]])

/* So is a record, except that of a killed process, of ralph-core, and of a holder whose descriptor was not adopted. */
#define MAY_STAY(name) (name == BLANK || doomed[name] || ended[name] || foreign[name] || LINGERS(name))
#define IS_CLEAN(f) (f == NONE || (MAY_STAY(first_half[f]) && MAY_STAY(second_half[f])))

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
#elif SCENARIO == ROOT_REMOVAL
        run acquirer(1);
        run acquirer(2);
        run user(2)
#elif SCENARIO == ROOT_REMOVAL_IN_QUEUE
        run waiter(1);
        run waiter(2);
        run user(2)
#elif SCENARIO == ROOT_REMOVAL_MIXED
        run acquirer(1);
        run waiter(2);
        run user(2)
#elif SCENARIO == ROOT_PROBING
        run acquirer(1);
        run acquirer(2);
        run prober(3)
#elif SCENARIO == ROOT_INSPECTION
        run acquirer(1);
        run waiter(2);
        run inspector(3)
#elif SCENARIO == ROOT_RESTORE
        run waiter(1);
        run acquirer(2);
        run user(2)
#elif SCENARIO == ROOT_RESTORE_IN_QUEUE
        run waiter(1);
        run waiter(2);
        run user(1)
#elif SCENARIO == ROOT_RESTORE_RALPH_CORE
        foreign[2] = 1;
        run waiter(1);
        run ralph_core(2);
        run user(2)
#elif SCENARIO == ROOT_RESTORE_PROBING
        run waiter(1);
        run prober(3);
        run user(2)
#elif SCENARIO == ROOT_KILL
        run waiter(1);
        run waiter(2);
#ifdef LIMIT_GIVEN_BACK
        run acquirer(3);
#else
        run user(1);
#endif
        run killer(1, 1, 1)
#elif SCENARIO == ROOT_KILL_INSPECTION
        run waiter(1);
        run inspector(3);
        run user(1);
        run killer(1, 1, 1)
#elif SCENARIO == ROOT_KILL_RESTORE
        run waiter(1);
        run acquirer(2);
        run killer(1, 1, 1);
        run user(1)
#elif SCENARIO == ROOT_HAND_OVER
        run giver(1, 2);
        run acquirer(3);
        run user(1)
#elif SCENARIO == ROOT_HAND_OVER_PROBING
        run giver(1, 2);
        run prober(3);
        run user(2)
#elif SCENARIO == ROOT_HAND_OVER_FORK
        run giver(1, 2);
        run child(3, 1)
#elif SCENARIO == ROOT_TWO_HEIRS
        run giver(1, 2)
#elif SCENARIO == ROOT_UNLOCKED_COPY
        foreign[3] = 1;
        run giver(1, 2);
        run ralph_core(3);
        run stranger(2)
#elif SCENARIO == ROOT_FORK_OF_OWNER
        run waiter(1);
        run child(2, 1)
#elif SCENARIO == ROOT_FORK
        run acquirer(1);
        run child(2, 1);
        run acquirer(3);
        run killer(1, 1, 1)
#elif SCENARIO == ROOT_FORK_IN_QUEUE
        run waiter(1);
        run child(2, 1);
        run waiter(3)
#elif SCENARIO == ROOT_FORK_OF_PROBER
        run prober(1);
        run child(2, 1);
        run acquirer(3)
#elif SCENARIO == ROOT_RALPH_CORE
        foreign[1] = 1;
        run ralph_core(1);
        run acquirer(2);
        run user(2)
#else
#error no such scenario
#endif
    };
    _nr_pr == 1;
    d_step {
        PROMISE(!ANY(IS_LEFT), "in the end the lock is free");
        PROMISE(IS_CLEAN(path) && IS_CLEAN(aside), "in the end the text is blank")
    }
}
#endif
