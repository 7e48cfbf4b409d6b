/* While processes wait in the kernel's queue for a lock that a dead holder's child keeps, refusals still name the dead
 * holder. */
#include "inspecting.h"

int main(void)
{
    char *root = new_workspace();
    kept lock = keep(root, "dead");
    process waiter = start_waiting(root, "waits", BLOCKING);

    check_state(root, RALPH_LOCK_STATE_HELD, "dead");
    check_held(root, "dead");
    end_keeper(&lock);
    CHECK(hear(&waiter) == 'g');
    check_state(root, RALPH_LOCK_STATE_HELD, "waits");
    dismiss(&waiter);
    return 0;
}
