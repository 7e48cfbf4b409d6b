/* What the kernel provides: a file at a path below a root directory, open descriptions with their flock(2), processes
 * that are killed. Each d_step is one atomic operation. Everything between two of them is interleaved. */

#define FILES 4
#define ROOT 5          /* The root directory, which is never removed. */
#define PROCESSES 5
#ifdef ROOTED
#define DESCRIPTIONS 8
#else
#define DESCRIPTIONS 5
#endif

#define NONE 0
#define BLANK 0
#define CHANGED 254     /* two reads that differ */
#define MIXTURE 255     /* a text that parses, made of two records */

#define SHARED 1
#define EXCLUSIVE 2

/* The files. A file's number is its inode, reused only after its last name and descriptor are gone. Its text has
 * two halves, each blank or from the record of that process, so that half a write and half a read show. */
byte path;                          /* The file at the path. */
byte aside;                         /* A file that was moved away and may be moved back. */
bit linked[FILES + 1];              /* It has a name, at the path or elsewhere. */
byte first_half[FILES + 1];
byte second_half[FILES + 1];

/* The open descriptions, which a forked child shares, with their locks. */
byte file[DESCRIPTIONS + 1];        /* A file, or ROOT. */
byte users[DESCRIPTIONS + 1];
byte mode[DESCRIPTIONS + 1];
byte taker[DESCRIPTIONS + 1];       /* The process that /proc/locks names. */
byte tenant[DESCRIPTIONS + 1];      /* Whose lock it is: it took it, or has written that it adopted it. */
byte heir[DESCRIPTIONS + 1];        /* The process that was given the descriptor. */

/* The processes. */
byte fd[PROCESSES + 1];
#ifdef ROOTED
byte root_fd[PROCESSES + 1];
byte new_fd[PROCESSES + 1];         /* The file that replaces a removed one. */
#endif
bit ended[PROCESSES + 1];
bit doomed[PROCESSES + 1];          /* Killed: it makes no further step. */
bit foreign[PROCESSES + 1];         /* ralph-core, whose record does not identify a process. */
bit dead_are_listed;                /* /proc/locks names a taker that has ended, or leaves the lock out. */

/* For use within one step. */
byte i;
byte seen;
byte stale;
byte file_lock;
byte root_lock;

#define FILE(p) file[fd[p]]
#define IS_AT_PATH(d) (path == file[d])
#define HAS(d) (d != NONE && mode[d] == EXCLUSIVE)

#define BARS(e, d, m) \
    (e != d && file[e] == file[d] && (mode[e] == EXCLUSIVE || (m == EXCLUSIVE && mode[e] != NONE)))
#define LISTS(e, f, p) \
    (file[e] == f && mode[e] == EXCLUSIVE && taker[e] != p && (dead_are_listed || !ended[taker[e]]))
#ifdef ROOTED
#define ANY(test) (test(1) || test(2) || test(3) || test(4) || test(5) || test(6) || test(7) || test(8))
#define IS_BARRED(d, m) (BARS(1, d, m) || BARS(2, d, m) || BARS(3, d, m) || BARS(4, d, m) || \
    BARS(5, d, m) || BARS(6, d, m) || BARS(7, d, m) || BARS(8, d, m))
#define IS_OPEN(f) (file[1] == f || file[2] == f || file[3] == f || file[4] == f || \
    file[5] == f || file[6] == f || file[7] == f || file[8] == f)
#define LISTS_ANOTHER(f, p) (LISTS(1, f, p) || LISTS(2, f, p) || LISTS(3, f, p) || LISTS(4, f, p) || \
    LISTS(5, f, p) || LISTS(6, f, p) || LISTS(7, f, p) || LISTS(8, f, p))
#else
#define ANY(test) (test(1) || test(2) || test(3) || test(4) || test(5))
#define IS_BARRED(d, m) (BARS(1, d, m) || BARS(2, d, m) || BARS(3, d, m) || BARS(4, d, m) || BARS(5, d, m))
#define IS_OPEN(f) (file[1] == f || file[2] == f || file[3] == f || file[4] == f || file[5] == f)
/* LISTS_ANOTHER: /proc/locks names another taker of that exclusive lock. */
#define LISTS_ANOTHER(f, p) \
    (LISTS(1, f, p) || LISTS(2, f, p) || LISTS(3, f, p) || LISTS(4, f, p) || LISTS(5, f, p))
#endif

/* "P does this to the file, or to the root." */
#define say(p, words, d) \
    printf("%d ", p); printf(words); \
    if \
    :: file[d] == ROOT -> printf(" the root\n") \
    :: else -> printf(" file %d\n", file[d]) \
    fi

/* A file without a name and without a descriptor is gone, with its text. */
inline free_inode(f) {
    if
    :: f != ROOT && !linked[f] && !IS_OPEN(f) -> first_half[f] = BLANK; second_half[f] = BLANK
    :: else
    fi
}

/* The lowest free description. */
inline describe(d, object) {
    i = 1;
    do
    :: file[i] != NONE -> i++
    :: else -> break
    od;
    assert(i <= DESCRIPTIONS);
    file[i] = object;
    users[i] = 1;
    d = i;
    i = 0
}

inline make_file() {
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
    i = 0
}

/* open(2), with O_CREAT if the path is free. The call that a process is within begins here at the latest. */
inline open_or_create(p, d) {
    d_step {
        if
        :: path == NONE ->
            make_file();
            describe(d, path);
            say(p, "creates", d)
        :: else ->
            describe(d, path);
            say(p, "opens", d)
        fi;
        asks[p] = 1;
        observe()
    }
}

/* flock(2) with LOCK_NB. A refused conversion drops the lock already held. */
inline try_lock(p, d, m) {
    d_step {
        if
        :: mode[d] == m -> got = 1
        :: else -> got = !IS_BARRED(d, m)
        fi;
        if
        :: got && mode[d] != m ->
            mode[d] = m;
            taker[d] = p;
            tenant[d] = p
        :: !got && mode[d] != NONE -> drop_lock(d)
        :: else
        fi;
        if
        :: m == EXCLUSIVE && got -> say(p, "tries the exclusive lock, and has it, of", d)
        :: m == EXCLUSIVE && !got -> say(p, "tries the exclusive lock, and is refused, of", d)
        :: m == SHARED && got -> say(p, "tries a shared lock, and has it, of", d)
        :: else -> say(p, "tries a shared lock, and is refused, of", d)
        fi;
        observe()
    }
}

/* flock(2) without LOCK_NB. */
inline wait_lock(p, d, m) {
    d_step {
        !IS_BARRED(d, m);
        mode[d] = m;
        taker[d] = p;
        tenant[d] = p;
        if
        :: m == EXCLUSIVE -> say(p, "has waited for the exclusive lock of", d)
        :: else -> say(p, "has waited for a shared lock of", d)
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
inline unlock(p, d) {
    d_step {
        drop_lock(d);
        say(p, "unlocks", d);
        observe()
    }
}

/* A child, or an heir, gets a copy of what its parent has open. */
inline inherit(d, e) {
    if
    :: e != NONE -> d = e; users[e] = users[e] + 1
    :: else
    fi
}

/* close(2) of one copy: the lock goes with the last one. */
inline close_copy(d) {
    users[d] = users[d] - 1;
    if
    :: users[d] == 0 ->
        drop_lock(d);
        seen = file[d];
        file[d] = NONE;
        free_inode(seen)
    :: else
    fi;
    d = NONE;
    observe()
}

inline close_fd(p, d) {
    d_step {
        say(p, "closes", d);
        close_copy(d)
    }
}

/* pwrite(2): a reader may come between its two halves, and so may a kill. The text is a record's number, or blank.
 * An heir that begins to write is the tenant from then on: the old holder's record cannot be read any more. */
inline write_first_half(p, d, text) {
    d_step {
        if
        :: mode[d] == EXCLUSIVE -> tenant[d] = p
        :: else
        fi;
        first_half[file[d]] = text;
        printf("%d writes the first half of record %d into file %d\n", p, text, file[d]);
        observe()
    }
}

inline write_second_half(p, d, text) {
    d_step {
        second_half[file[d]] = text;
        printf("%d writes the second half of record %d into file %d\n", p, text, file[d]);
        observe()
    }
}

/* The same where torn texts are not in question. */
inline write_whole(p, d, text) {
    d_step {
        if
        :: mode[d] == EXCLUSIVE -> tenant[d] = p
        :: else
        fi;
        first_half[file[d]] = text;
        second_half[file[d]] = text;
        printf("%d writes record %d into file %d\n", p, text, file[d]);
        observe()
    }
}

/* ftruncate(2) to nothing. */
inline truncate(p, d) {
    d_step {
        first_half[file[d]] = BLANK;
        second_half[file[d]] = BLANK;
        printf("%d truncates file %d\n", p, file[d]);
        observe()
    }
}

#ifdef ROOTED
#define HAS_OPEN_FILES(p) (fd[p] != NONE || root_fd[p] != NONE)
#define HAS_CLOSED_ALL(p) (fd[p] == NONE && new_fd[p] == NONE && root_fd[p] == NONE)
#else
#define HAS_OPEN_FILES(p) (fd[p] != NONE)
#define HAS_CLOSED_ALL(p) (fd[p] == NONE)
#endif

inline close_at_end(p, d) {
    d_step {
        if
        :: d != NONE -> say(p, "ends, which closes", d); close_copy(d)
        :: else
        fi;
#ifndef LIMIT_SLOW_END
        if
        :: HAS_CLOSED_ALL(p) -> ended[p] = 1
        :: else
        fi
#endif
    }
}

/* The end of a process: the kernel closes its descriptors one after the other, in any order. */
inline end_process(p) {
    d_step {
        owner[p] = 0;
        forget_call(p);
        printf("%d begins to end\n", p)
    };
#ifdef ROOTED
    if
    :: close_at_end(p, fd[p]); close_at_end(p, new_fd[p]); close_at_end(p, root_fd[p])
    :: close_at_end(p, root_fd[p]); close_at_end(p, new_fd[p]); close_at_end(p, fd[p])
    :: new_fd[p] != NONE -> close_at_end(p, new_fd[p]); close_at_end(p, root_fd[p]); close_at_end(p, fd[p])
    fi;
#else
    close_at_end(p, fd[p]);
#endif
    d_step {
        ended[p] = 1;
        printf("%d has ended\n", p)
    }
}

/* After the body of a process that can be killed. */
#ifdef KILLS
#define OR_KILLED(p) unless { doomed[p]; end_process(p) }
#else
#define OR_KILLED(p)
#endif
