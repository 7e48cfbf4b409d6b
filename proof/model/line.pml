/* src/wait/line.rs: the waits of one process for one lock, of which the first one looks, and which of them is woken. The
 * lock is one number here. A release unlocks it, and then wakes the waits that watch. Other events, and the looks by the
 * clock, are left out: a wait that misses its event is stuck. */

#define WAITS 3
#define NOT_ONE 255

byte lock = WAITS + 1;              /* the process that has it: at first another one */
bit watches[WAITS];
bit heard[WAITS];                   /* an event that the wait has not heard yet */
bit rung[WAITS];
byte place[WAITS];                  /* its number in line; 0: not there */
byte newest;
byte first;
bit alarm;                          /* readable for all but the first that acts */
bit asleep[WAITS];                  /* does not step, whatever is readable */
bit passed[WAITS];                  /* has been passed over, and has not stepped since */
byte served;                        /* the last number that has had the lock in its turn */
byte over;                          /* how many waits have ended */

inline tell() {
    i = 0;
    do
    :: i < WAITS -> heard[i] = heard[i] | watches[i]; i++
    :: else -> break
    od;
    i = 0
}

/* Unlocks, and then closes the file. */
inline let_go() {
    d_step { printf("it is unlocked\n"); lock = 0 };
    d_step { printf("the waits that watch are told\n"); tell() }
}

/* Whether one is before the other, for the wait with that number that leaves: those behind it come first, and those
 * that were passed over last. */
#define IS_BEFORE(number, one, other) \
    (passed[one] != passed[other] -> passed[other] : \
        ((place[one] > number) != (place[other] > number) -> place[one] > number : place[one] < place[other]))

inline find_next(me) {
    next = NOT_ONE;
    i = 0;
    do
    :: i < WAITS ->
        if
        :: place[i] == 0 || i == me
        :: else ->
            if
            :: next == NOT_ONE -> next = i
            :: else ->
                if
                :: IS_BEFORE(place[me], i, next) -> next = i
                :: else
                fi
            fi
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

/* The end of a wait. */
inline leave(me) {
    d_step {
        watches[me] = 0;
        heard[me] = 0;
        if
        :: place[me] != 0 && place[me] == first ->
            find_next(me);
            if
            :: next != NOT_ONE ->
                first = place[next];
                alarm = 0;
#ifndef WITHOUT_RING_OF_NEXT
                rung[next] = 1;
#endif
                printf("%d rings %d\n", me, next)
            :: else -> first = 0
            fi
        :: else
        fi;
        place[me] = 0;
        next = 0
    }
}

inline ring_those_before(me) {
    i = 0;
    do
    :: i < WAITS ->
        if
        :: place[i] != 0 && place[i] < place[me] ->
            passed[i] = 1;
            rung[i] = 1
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

inline take_turn(me) {
    d_step {
        if
        :: place[me] == 0 ->
            newest++;
            place[me] = newest;
            if
            :: first == 0 -> first = newest
            :: else
            fi;
            printf("%d gets in line\n", me)
        :: else
        fi;
        passed[me] = 0;
        i = 0;
        do
        :: place[i] != first -> i++
        :: else -> break
        od;
        acts = first >= place[me] || alarm || passed[i];
        i = 0;
#ifdef WITHOUT_PLACE_BEHIND_OTHERS
        acts = acts || place[me] == newest;
#endif
        if
        :: acts && first < place[me] -> ring_those_before(me); printf("%d passes over the first\n", me)
        :: else
        fi;
        if
        :: acts -> first = place[me]; alarm = 0
        :: else
        fi
    }
}

inline try_once(me) {
    d_step {
        if
        :: lock == 0 -> lock = me + 1; got = 1; printf("%d tries, and has the lock\n", me)
        :: else -> printf("%d tries, and is refused\n", me)
        fi
    }
}

inline silence(me) {
    d_step { rung[me] = 0; heard[me] = 0; printf("%d steps\n", me) }
}

proctype in_line(byte me) {
    byte i, next;
    bit acts, got;
begin:
    skip;
#ifndef WITHOUT_SILENCE_BEFORE_TURN
    silence(me);
    take_turn(me);
#else
    take_turn(me);
    silence(me);
#endif
    if
    :: !acts -> goto sleep
    :: else
    fi;
    try_once(me);
    if
    :: !got && !watches[me] ->
        d_step { watches[me] = 1; printf("%d watches\n", me) };
#ifndef WITHOUT_LOOK_AFTER_WATCH
        try_once(me)
#endif
    :: else
    fi;
    if
    :: got -> goto has_it
    :: else
    fi;
sleep:
    if
    :: (rung[me] || heard[me] || (alarm && first != place[me])) && !asleep[me] -> goto begin
    :: SCENARIO == LINE && me == 1 -> d_step { printf("%d is freed\n", me) }; leave(me); goto ended
    :: asleep[me] && over == WAITS - 1 -> d_step { asleep[me] = 0; printf("%d steps again\n", me) }; goto begin
    fi;
has_it:
    skip;
    d_step {
        PROMISE(SCENARIO != LINE || place[me] > served, "the lock is had in the order of the line");
        served = place[me]
    };
    leave(me);
    let_go();
ended:
    skip;
    d_step { over++ }
}

/* It has the lock at first. */
proctype other_process() {
    byte i;
    let_go()
}

/* The alarm goes off when nothing else happens, and once at any moment, as if no wait had stepped. */
proctype clock() {
    bit stood;
    do
    :: over == WAITS -> break
    :: !stood -> d_step { stood = 1; alarm = 1; printf("the alarm goes off\n") }
    :: timeout && !alarm && over < WAITS -> d_step { alarm = 1; printf("nothing happens, and the alarm goes off\n") }
    od
}

init {
    atomic {
        run other_process();
        run in_line(0);
        run in_line(1);
        run in_line(2)
#if SCENARIO == LINE_PASSED_OVER
        ;
        asleep[0] = 1
#ifndef WITHOUT_ALARM
        ;
        run clock()
#endif
#endif
    }
}
