/* src/lock/file, src/record: the lock file and its text. */

/* content: the whole text, by two equal reads. Each is two steps. */
inline content(p) {
#ifdef WHOLE
    d_step {
        record = first_half[FILE(p)];
        printf("%d reads file %d: record %d\n", p, FILE(p), record)
    }
#else
    d_step { a = first_half[FILE(p)] };
    d_step { b = second_half[FILE(p)] };
#ifndef WITHOUT_SECOND_READ
    d_step {
        if
        :: a != first_half[FILE(p)] -> a = CHANGED
        :: else
        fi
    };
#endif
    d_step {
#ifndef WITHOUT_SECOND_READ
        if
        :: b != second_half[FILE(p)] -> a = CHANGED
        :: else
        fi;
#endif
        if
        :: a == CHANGED || a == BLANK || b == BLANK -> record = NONE
        :: else -> record = (a == b -> a : MIXTURE)
        fi;
        a = 0;
        b = 0;
        printf("%d reads file %d: record %d\n", p, FILE(p), record)
    }
#endif
}

/* clear: blanks the file before a record is written, unless it is blank. */
inline clear(p, d) {
#ifndef WITHOUT_CLEAR
    if
    :: first_half[file[d]] != BLANK || second_half[file[d]] != BLANK -> truncate(p, d)
    :: else
    fi
#else
    skip
#endif
}

inline write_text(p, d, text) {
#ifdef WHOLE
    write_whole(p, d, text)
#else
    write_first_half(p, d, text);
    write_second_half(p, d, text)
#endif
}

/* drop: unlocks before closing the descriptor, of which a forked child may have a copy. */
inline drop_file(p, d) {
#ifndef WITHOUT_UNLOCK_AT_DROP
    atomic {
        if
        :: mode[d] != NONE -> unlock(p, d)
        :: else
        fi
    };
#endif
    atomic { close_fd(p, d) }
}
