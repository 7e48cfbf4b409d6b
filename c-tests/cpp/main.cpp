// Runs the part of the tests that is named. All parts are in one program, so that it links only if everything
// in ralph_lock.hpp may be in many of a program's files.
#include <ralph_lock.hpp>

#include <iostream>

void guards();
void holders();
void results();
void waits();
void workspaces();

static const struct {
    const char *name;
    void (*run)();
} parts[] = {{"guards", guards},
             {"holders", holders},
             {"results", results},
             {"waits", waits},
             {"workspaces", workspaces}};

int main(int argc, char **argv)
{
    const std::string named = argc == 2 ? argv[1] : "";

    for (const auto &part : parts)
        if (named == part.name) {
            part.run();
            return 0;
        }
    std::cerr << "there is no part \"" << named << "\"\n";
    return 2;
}
