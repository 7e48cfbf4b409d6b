/* The situation before a step in which the root's lock decides. */
#ifndef PREPARE_ROOT_H
#define PREPARE_ROOT_H

#include "prepare.h"

/* Like `rm -rf .ralph`. */
static void remove_folder(void)
{
    char path[300];

    MUST(unlink(lock_file) == 0 || errno == ENOENT);
    snprintf(path, sizeof path, "%s/.ralph/.gitignore", root);
    MUST(unlink(path) == 0 || errno == ENOENT);
    *strrchr(path, '/') = '\0';
    MUST(rmdir(path) == 0);
}

static void held_and_removed(void)
{
    held();
    remove_folder();
}

static void held_and_replaced(void)
{
    held_and_removed();
    blank();
}

/* As flock(1) locks a directory. */
static void root_locked(void)
{
    locked('R');
}

static void root_probed(void)
{
    locked('S');
}

static void root_locked_and_timed(void)
{
    root_locked();
    wait_for(100000);
}

static void waits_for_root(void)
{
    root_locked();
    begin();
}

/* New objects there are accessible to its group, and belong to its owner. */
static void root_of_a_group(void)
{
    MUST(chown(root, 65534, 65534) == 0);
    MUST(chmod(root, 0775) == 0);
}

static void root_unreadable(void)
{
    blank();
    MUST(chmod(lock_file, 0666) == 0);
    MUST(chmod(root, 0711) == 0);
    MUST(seteuid(65534) == 0);
}

static void mine_and_removed(void)
{
    mine();
    remove_folder();
}

static void mine_and_replaced(void)
{
    mine_and_removed();
    blank();
}

static void mine_and_taken_by_another_program(void)
{
    mine_and_replaced();
    judge('n', root, file);
}

static void mine_and_root_replaced(void)
{
    char moved[300];

    mine();
    snprintf(moved, sizeof moved, "%s.moved", root);
    MUST(rename(root, moved) == 0);
    MUST(mkdir(root, 0755) == 0);
}

static void fd_and_root_locked(void)
{
    mine_as_fd();
    judge('R', root, file);
}

/* --- another lock file, and find_root --- */

static void another_file_held(void)
{
    another_file();
    judge('h', root, file);
}

static void subdirectory(void)
{
    snprintf(start, sizeof start, "%s/below", root);
    MUST(mkdir(start, 0755) == 0);
}

static void work_tree(void)
{
    char git[300];

    subdirectory();
    snprintf(git, sizeof git, "%s/.git", root);
    MUST(mkdir(git, 0755) == 0);
}

static void held_above(void)
{
    subdirectory();
    held();
}

static void lock_file_above(void)
{
    subdirectory();
    blank();
}

#endif
