// The lock from Java, by JNA: take it and work, or name its holder.
//
// Needs JDK 11, JNA 5, and libralph_lock.so.0 installed or on LD_LIBRARY_PATH:
//     java -cp /usr/share/java/jna.jar Minimal.java "implement auth"

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.util.Map;

public class Minimal {
    /** What is used of ralph_lock.h. */
    public interface RalphLock extends Library {
        int RALPH_LOCK_OK = 0;

        int ralph_lock_try_acquire(String workspace_root, String prompt,
                PointerByReference guard, PointerByReference holder, PointerByReference error);
        int ralph_lock_release(Pointer guard);
        String ralph_lock_guard_path(Pointer guard);
        String ralph_lock_metadata_summary(Pointer metadata);
        void ralph_lock_metadata_free(Pointer metadata);
        String ralph_lock_error_message(Pointer error);
        void ralph_lock_error_free(Pointer error);
    }

    public static void main(String[] args) {
        RalphLock lock = Native.load("libralph_lock.so.0", RalphLock.class,
                Map.of(Library.OPTION_STRING_ENCODING, "UTF-8"));
        PointerByReference guard = new PointerByReference();
        PointerByReference holder = new PointerByReference();
        PointerByReference error = new PointerByReference();
        boolean done = false;

        int status = lock.ralph_lock_try_acquire(".", args.length > 0 ? args[0] : "", guard, holder, error);
        try {
            if (status == RalphLock.RALPH_LOCK_OK) {
                System.out.printf("we hold %s and can work%n", lock.ralph_lock_guard_path(guard.getValue()));
            } else if (holder.getValue() != null) {
                System.out.printf("taken by %s%n", lock.ralph_lock_metadata_summary(holder.getValue()));
            } else {
                System.out.printf("not locked: %s%n", lock.ralph_lock_error_message(error.getValue()));
            }
        } finally {
            lock.ralph_lock_metadata_free(holder.getValue());
            lock.ralph_lock_error_free(error.getValue());
            done = guard.getValue() != null
                    && lock.ralph_lock_release(guard.getValue()) == RalphLock.RALPH_LOCK_OK;
        }
        System.exit(done ? 0 : 1);
    }
}
