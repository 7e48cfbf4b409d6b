/* A malloc(3) that counts, and fails on command. The library's calls come here, because its symbols are looked up in
 * the program first. */
#include "faults.h"

#include <malloc.h>

long live_blocks;
long allocations;
long failing_allocation;

/* glibc's own names of the replaced functions. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static bool fails(void)
{
    return __atomic_add_fetch(&allocations, 1, __ATOMIC_RELAXED) == failing_allocation;
}

static void *counted(void *block)
{
    if (block != NULL)
        __atomic_add_fetch(&live_blocks, 1, __ATOMIC_RELAXED);
    else
        errno = ENOMEM;
    return block;
}

void *malloc(size_t size)
{
    return counted(fails() ? NULL : __libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return counted(fails() ? NULL : __libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return block == NULL ? counted(__libc_malloc(size)) : __libc_realloc(block, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    *block = counted(fails() ? NULL : __libc_memalign(alignment, size));
    return *block == NULL ? ENOMEM : 0;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return counted(fails() ? NULL : __libc_memalign(alignment, size));
}

void free(void *block)
{
    if (block != NULL)
        __atomic_sub_fetch(&live_blocks, 1, __ATOMIC_RELAXED);
    __libc_free(block);
}

void have_heap(void)
{
    MUST(mallopt(M_MMAP_MAX, 0) == 1 && mallopt(M_TRIM_THRESHOLD, 64 << 20) == 1);
    free(malloc(16 << 20));
}
