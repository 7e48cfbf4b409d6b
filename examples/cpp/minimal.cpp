#include <iostream>
#include <ralph_lock.hpp>

int main(int argc, char **argv)
{
    const auto taken = ralph_lock::try_acquire(".", argc > 1 ? argv[1] : "");

    if (taken)
        std::cout << "we hold " << taken->path().string() << " and can work\n"; // until `taken` goes out of scope
    else if (const auto holder = taken.error().holder())
        std::cout << "taken by " << holder->summary() << '\n';
    else
        std::cout << "not locked: " << taken.error().message() << '\n';
    return taken ? 0 : 1;
}
