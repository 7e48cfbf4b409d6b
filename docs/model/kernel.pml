/* What the kernel gives: files at a path, open descriptions with their flock(2), processes that are killed.
 * Each d_step is one operation that nobody sees half done. Everything between two of them is interleaved. */

#define FILES 4
#define DESCRIPTIONS 5
#define PROCESSES 5

#define NONE 0
#define BLANK 0
#define CHANGED 254     /* two reads that differ */
#define MIXTURE 255     /* a text that parses, made of two records */

#define SHARED 1
#define EXCLUSIVE 2

/* The files. A file's number is its inode: used again only after its last name and descriptor are gone. Its
 * text has two halves, each blank or of the record of that process: half a write, and half a read, show. */
byte path;                          /* The file that the path leads to. */
bit linked[FILES + 1];              /* A file that was moved away has a name elsewhere. */
byte first_half[FILES + 1];
byte second_half[FILES + 1];

/* The open file descriptions, which a forked child shares, with their locks. */
byte file[DESCRIPTIONS + 1];
byte users[DESCRIPTIONS + 1];
byte mode[DESCRIPTIONS + 1];
byte taker[DESCRIPTIONS + 1];       /* The process that /proc/locks names. */
byte tenant[DESCRIPTIONS + 1];      /* Whose lock it is: it took it, or has written that it adopted it. */
byte heir[DESCRIPTIONS + 1];        /* Whose it is besides, because it was given the descriptor. */

/* The processes. */
byte fd[PROCESSES + 1];
bit ended[PROCESSES + 1];
bit doomed[PROCESSES + 1];          /* Killed: it makes no further step. */
bit foreign[PROCESSES + 1];         /* ralph-core, whose record does not say which process it means. */
bit dead_are_listed;                /* /proc/locks names a taker that has ended, or leaves the lock out. */

/* What the properties need to know and no process can: who had the lock of the path's file since a call began. */
bit owner[PROCESSES + 1];           /* Has a guard. */
bit asks[PROCESSES + 1];            /* Is within a call. */
byte met[PROCESSES + 1];            /* A bit for each holder during the call; bit 0 for nobody. */
byte left[PROCESSES + 1];           /* A bit for each record seen in a free file during the call. */

/* For use within one step. */
byte i;
byte seen;
byte stale;

#define FILE(p) file[fd[p]]
#define IS_AT_PATH(p) (path == FILE(p))
#define OWNS_PATH(p) (owner[p] && path != NONE && IS_AT_PATH(p))

#define BARS(e, d, m) \
    (e != d && file[e] == file[d] && (mode[e] == EXCLUSIVE || (m == EXCLUSIVE && mode[e] != NONE)))
#define IS_BARRED(d, m) (BARS(1, d, m) || BARS(2, d, m) || BARS(3, d, m) || BARS(4, d, m) || BARS(5, d, m))

#define IS_OPEN(f) (file[1] == f || file[2] == f || file[3] == f || file[4] == f || file[5] == f)

/* Whether /proc/locks names another taker of that file's exclusive lock than this one. */
#define LISTS(e, f, p) \
    (file[e] == f && mode[e] == EXCLUSIVE && taker[e] != p && (dead_are_listed || !ended[taker[e]]))
#define LISTS_ANOTHER(f, p) \
    (LISTS(1, f, p) || LISTS(2, f, p) || LISTS(3, f, p) || LISTS(4, f, p) || LISTS(5, f, p))

/* After every change: what each call in progress could now truly say. */
inline observe() {
    seen = 1;
    stale = 0;
    i = 1;
    do
    :: i > DESCRIPTIONS -> break
    :: else ->
        if
        :: path != NONE && file[i] == path && mode[i] == EXCLUSIVE ->
            seen = (1 << tenant[i]) | (heir[i] == NONE -> 0 : 1 << heir[i])
        :: else
        fi;
        i++
    od;
    if
    :: seen == 1 && path != NONE && first_half[path] == second_half[path] && first_half[path] != BLANK ->
        stale = 1 << first_half[path]
    :: else
    fi;
    i = 1;
    do
    :: i > PROCESSES -> break
    :: else ->
        if
        :: asks[i] -> met[i] = met[i] | seen; left[i] = left[i] | stale
        :: else
        fi;
        i++
    od;
    i = 0;
    seen = 0;
    stale = 0
}

inline forget_call(p) {
    asks[p] = 0;
    met[p] = 0;
    left[p] = 0
}

/* open(2) of a file that is there: the lowest free description. */
inline describe(p) {
    i = 1;
    do
    :: file[i] != NONE -> i++
    :: else -> break
    od;
    assert(i <= DESCRIPTIONS);
    file[i] = path;
    users[i] = 1;
    fd[p] = i;
    asks[p] = 1;
    observe()
}

/* open(2), with O_CREAT if there is none. */
inline open_or_create(p) {
    d_step {
        if
        :: path == NONE ->
            i = 1;
            do
            :: linked[i] || IS_OPEN(i) -> i++
            :: else -> break
            od;
            assert(i <= FILES);
            path = i;
            linked[i] = 1;
            first_half[i] = BLANK;
            second_half[i] = BLANK;
            printf("%d makes file %d and opens it\n", p, path)
        :: else -> printf("%d opens file %d\n", p, path)
        fi;
        describe(p)
    }
}

/* flock(2) with LOCK_NB. */
inline try_lock(p, m) {
    d_step {
        if
        :: mode[fd[p]] == m -> got = 1
        :: else -> got = !IS_BARRED(fd[p], m)
        fi;
        if
        :: got && mode[fd[p]] != m ->
            mode[fd[p]] = m;
            taker[fd[p]] = p;
            tenant[fd[p]] = p
        :: else
        fi;
        if
        :: m == EXCLUSIVE && got -> printf("%d tries the exclusive lock of file %d: has it\n", p, FILE(p))
        :: m == EXCLUSIVE && !got -> printf("%d tries the exclusive lock of file %d: refused\n", p, FILE(p))
        :: m == SHARED && got -> printf("%d tries a shared lock of file %d: has it\n", p, FILE(p))
        :: else -> printf("%d tries a shared lock of file %d: refused\n", p, FILE(p))
        fi;
        observe()
    }
}

inline drop_lock(d) {
    mode[d] = NONE;
    taker[d] = NONE;
    tenant[d] = NONE;
    heir[d] = NONE
}

/* LOCK_UN, for every copy of the descriptor. */
inline unlock(p) {
    d_step {
        drop_lock(fd[p]);
        printf("%d unlocks file %d\n", p, FILE(p));
        observe()
    }
}

/* close(2) of one copy: the lock goes with the last one. */
inline close_copy(p) {
    i = fd[p];
    fd[p] = NONE;
    users[i] = users[i] - 1;
    if
    :: users[i] == 0 ->
        drop_lock(i);
        seen = file[i];
        file[i] = NONE;
        /* A file that nobody can reach is gone, with its text. */
        if
        :: !linked[seen] && !IS_OPEN(seen) -> first_half[seen] = BLANK; second_half[seen] = BLANK
        :: else
        fi
    :: else
    fi;
    observe()
}

inline close_file(p) {
    d_step {
        printf("%d closes file %d\n", p, FILE(p));
        close_copy(p)
    }
}

/* pwrite(2): a reader may come between its two halves, and so may a kill. The text is a record's number, or blank.
 * An heir that begins to write is the tenant from then on: the old holder's record cannot be read any more. */
inline write_first_half(p, text) {
    d_step {
        if
        :: mode[fd[p]] == EXCLUSIVE -> tenant[fd[p]] = p
        :: else
        fi;
        first_half[FILE(p)] = text;
        printf("%d writes the first half of record %d into file %d\n", p, text, FILE(p));
        observe()
    }
}

inline write_second_half(p, text) {
    d_step {
        second_half[FILE(p)] = text;
        printf("%d writes the second half of record %d into file %d\n", p, text, FILE(p));
        observe()
    }
}

/* ftruncate(2) to nothing. */
inline truncate(p) {
    d_step {
        first_half[FILE(p)] = BLANK;
        second_half[FILE(p)] = BLANK;
        printf("%d truncates file %d\n", p, FILE(p));
        observe()
    }
}

/* The end of a process: the kernel closes what it had open. */
inline end_process(p) {
    d_step {
        owner[p] = 0;
        forget_call(p);
        if
        :: fd[p] != NONE -> close_copy(p)
        :: else
        fi;
#ifndef LIMIT_SLOW_END
        ended[p] = 1;
#endif
        printf("%d ends\n", p)
    };
#ifdef LIMIT_SLOW_END
    d_step {
        ended[p] = 1;
        printf("%d is seen to have ended\n", p)
    }
#endif
}

/* After the body of a process that can be killed. */
#ifdef KILLS
#define OR_KILLED(p) unless { doomed[p]; end_process(p) }
#else
#define OR_KILLED(p)
#endif
