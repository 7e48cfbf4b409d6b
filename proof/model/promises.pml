/* What is promised, and what the promises need to know that no process can know. */

bit owner[PROCESSES + 1];           /* Has a guard. */
bit asks[PROCESSES + 1];            /* Is within a call. */
byte met[PROCESSES + 1];            /* A bit for each holder during the call; bit 0: a moment without a holder. */
byte left[PROCESSES + 1];           /* A bit for each record seen in a free file during the call. */
bit rests[PROCESSES + 1];           /* Sleeps or waits while it has the lock of the file. */
byte saw[PROCESSES + 1];            /* A bit for each of these that was so at a moment of the call: */


#define HAD 1                       /* it had the lock of the path's file, and that of the root */
#define ROOT_FREE 2                 /* no other process had the root's */
#define ROOT_HELD 4                 /* another process had the root's */
#define ROOT_ALONE 8                /* another had had the root's, and no other had that of the path's file */
#define GONE 16                     /* the path led to another file than its own, or to none */

#define SAW(p, what) ((saw[p] & what) != 0)
#define HOLDERS(d) (d == NONE -> 0 : (1 << tenant[d]) | (heir[d] == NONE -> 0 : 1 << heir[d]))

#if defined(ROOTED) && !defined(WITHOUT_ROOT) && !defined(WITHOUT_ROOT_AT_ADOPT)
#define IS_HAD_BY(p) (file_lock != NONE && (file_lock == fd[p] || file_lock == new_fd[p]) && \
    root_lock != NONE && root_lock == root_fd[p])
#else
#define IS_HAD_BY(p) (file_lock != NONE && file_lock == fd[p])
#endif

/* After every change: what each call in progress could now truthfully answer. */
inline observe() {
    file_lock = NONE;
    root_lock = NONE;
    i = 1;
    do
    :: i > DESCRIPTIONS -> break
    :: else ->
        if
        :: mode[i] == EXCLUSIVE && file[i] == ROOT -> root_lock = i
        :: mode[i] == EXCLUSIVE && file[i] == path -> file_lock = i
        :: else
        fi;
        i++
    od;
    seen = HOLDERS(file_lock) | HOLDERS(root_lock);
    stale = 0;
    if
    :: seen == 0 ->
        seen = 1;
        if
        :: path != NONE && first_half[path] == second_half[path] && first_half[path] != BLANK ->
            stale = 1 << first_half[path]
        :: else
        fi
    :: else
    fi;
    i = 1;
    do
    :: i > PROCESSES -> break
    :: else ->
        if
        :: asks[i] ->
            met[i] = met[i] | seen;
#ifdef INSPECTED
            left[i] = left[i] | stale;
#endif
            if
            :: IS_HAD_BY(i) -> saw[i] = saw[i] | HAD
            :: else
            fi;
#ifdef HANDED_OVER
            if
            :: fd[i] != NONE && !IS_AT_PATH(fd[i]) -> saw[i] = saw[i] | GONE
            :: else
            fi;
#endif
#ifdef ROOTED
            if
            :: root_lock == NONE || root_lock == root_fd[i] -> saw[i] = saw[i] | ROOT_FREE
            :: else -> saw[i] = saw[i] | ROOT_HELD
            fi;
            if
            :: SAW(i, ROOT_HELD) && (file_lock == NONE || file_lock == fd[i]) -> saw[i] = saw[i] | ROOT_ALONE
            :: else
            fi
#endif
        :: else
        fi;
        i++
    od;
    i = 0;
    seen = 0;
    stale = 0;
    file_lock = NONE;
    root_lock = NONE
}

inline begin_call(p) {
    d_step {
        asks[p] = 1;
        observe()
    }
}

inline forget_call(p) {
    asks[p] = 0;
    met[p] = 0;
    left[p] = 0;
    saw[p] = 0
}

/* A process may unlock its copy of a descriptor: then the owner has only the root. */
#if SCENARIO == ROOT_UNLOCKED_COPY
#define KEEPS_LOCK(p) HAS(fd[p])
#else
#define KEEPS_LOCK(p) true
#endif

/* Never two owners of the path's file: verify() would say OK to both. */
#define OWNS_PATH(p) (owner[p] && path != NONE && IS_AT_PATH(fd[p]) && KEEPS_LOCK(p))
#define ONE_OWNER_OF_THE_FILE \
    (OWNS_PATH(1) + OWNS_PATH(2) + OWNS_PATH(3) + OWNS_PATH(4) + OWNS_PATH(5) <= 1)

/* Never two owners of the root, whatever file each of them has. ralph-core knows no root. */
#define OWNS_ROOT(p) (owner[p] && !foreign[p])
#define ONE_OWNER_OF_THE_ROOT \
    (OWNS_ROOT(1) + OWNS_ROOT(2) + OWNS_ROOT(3) + OWNS_ROOT(4) + OWNS_ROOT(5) <= 1)

inline promise_one_owner() {
    PROMISE(ONE_OWNER_OF_THE_FILE, "at most one owner");
#ifdef ROOTED
    PROMISE(ONE_OWNER_OF_THE_ROOT, "one owner of the workspace, whatever is removed")
#endif
}

#define MET(p, holder) ((met[p] & (1 << holder)) != 0)
#define MET_NO_HOLDER(p) MET(p, 0)

/* A process other than a prober had the lock of the path's file, or of the root, during the call. */
#define MET_A_HOLDER(p) ((met[p] & ~(1 | (1 << p))) != 0)

/* A process that knows only the file had the lock of the path's file during the call. */
#define MET_FOREIGN(f, p) (foreign[f] && MET(p, f))
#define MET_A_FILE_ONLY(p) (MET_FOREIGN(1, p) || MET_FOREIGN(2, p) || MET_FOREIGN(3, p) || \
    MET_FOREIGN(4, p) || MET_FOREIGN(5, p))

/* The lock that this process's descriptor has belongs to another owner, which has adopted a copy. */
#define IS_LOCK_OF_ANOTHER(p) (HAS(fd[p]) && tenant[fd[p]] != p && owner[tenant[fd[p]]])

/* A named process had the lock during the call. Where a record lingers, its name cannot be right. */
#define IS_TRUE_NAME(p, name) (name == NONE || LINGERS(name) || MET(p, name))
