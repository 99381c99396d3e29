#include <algorithm>
#include <cstdio>

#include <gtest/gtest.h>

#include <ablatrix/mpi/communicator.hpp>

// main() of test programs that run on 1, 2 and N ranks: rank 0 prints, other ranks print only what fails, and the exit
// code is the worst of all ranks. A program in which no test ran fails.

namespace {

/// Failures of ranks that do not print otherwise.
class FailurePrinter : public testing::EmptyTestEventListener
{
  public:
    explicit FailurePrinter(int rank) : rank_(rank) {}

  private:
    void OnTestPartResult(testing::TestPartResult const& result) override
    {
        if (!result.failed()) return;
        std::fprintf(stderr, "rank %d: %s:%d\n%s\n", rank_, result.file_name() == nullptr ? "?" : result.file_name(),
                     result.line_number(), result.message());
    }
    int rank_;
};

}  // namespace

int main(int argc, char** argv)
{
    ablatrix::mpi::Environment const environment(argc, argv);
    auto const world = ablatrix::mpi::Communicator::world();
    testing::InitGoogleTest(&argc, argv);
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    if (world.rank() != 0) {
        delete listeners.Release(listeners.default_result_printer());
        listeners.Append(new FailurePrinter(world.rank()));
    }

    int const failed = RUN_ALL_TESTS();

    int const ran = testing::UnitTest::GetInstance()->test_to_run_count();
    if (ran == 0 && world.rank() == 0) std::fprintf(stderr, "no test ran: the program or its filter is wrong\n");
    return static_cast<int>(world.max_all(std::max(failed, ran == 0 ? 1 : 0)));
}
