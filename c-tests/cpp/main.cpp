// Runs the named part of the tests. All parts are one program, so that it links only if ralph_lock.hpp may be included
// in several files.
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
    std::cerr << "no such part: \"" << named << "\"\n";
    return 2;
}
