#include <ablatrix/mpi/devices.hpp>

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::mpi {
namespace {

/// Sets CUDA_VISIBLE_DEVICES for a test and restores what was there.
class VisibleGpus
{
  public:
    explicit VisibleGpus(std::string const& list)
    {
        if (char const* before = std::getenv(name)) before_ = before;
        had_ = std::getenv(name) != nullptr;
        setenv(name, list.c_str(), 1);
    }
    ~VisibleGpus()
    {
        if (had_)
            setenv(name, before_.c_str(), 1);
        else
            unsetenv(name);
    }
    VisibleGpus(VisibleGpus const&) = delete;
    VisibleGpus& operator=(VisibleGpus const&) = delete;

    static constexpr char const* name = "CUDA_VISIBLE_DEVICES";

  private:
    std::string before_;
    bool had_ = false;
};

TEST(BindDevice, gives_every_rank_its_own_gpu_and_exports_it)
{
    auto const world = Communicator::world();
    VisibleGpus const gpus("GPU-a,GPU-b,GPU-c,GPU-d");

    auto const mine = bind_device(world, {}, true);

    std::string const expected = std::string("GPU-") + static_cast<char>('a' + world.rank());
    EXPECT_EQ(mine.device, "cuda:" + expected);
    EXPECT_EQ(std::getenv(VisibleGpus::name), expected);
    EXPECT_EQ(mine.rank, world.rank());
    EXPECT_EQ(mine.local_rank, world.rank());
}

TEST(BindDevice, gives_no_gpu_to_a_coordinator)
{
    auto const world = Communicator::world();
    VisibleGpus const gpus("GPU-a,GPU-b,GPU-c");
    bool const works = world.rank() != 0;

    auto const mine = bind_device(world, {}, works);

    std::string const expected = std::string("GPU-") + static_cast<char>('a' + world.rank() - 1);
    EXPECT_EQ(mine.device, works ? "cuda:" + expected : "cpu");
    EXPECT_EQ(std::getenv(VisibleGpus::name), works ? expected : std::string());
}

TEST(BindDevice, refuses_unasked_sharing_on_every_rank)
{
    auto const world = Communicator::world();
    VisibleGpus const gpus("GPU-a");
    if (world.size() == 1) {
        EXPECT_EQ(bind_device(world, {}, true).device, "cuda:GPU-a");
        return;
    }
    try {
        bind_device(world, {}, true);
        FAIL() << "ranks share a GPU";
    }
    catch (Error const& error) {
        EXPECT_NE(std::string(error.what()).find("ranks 0 and 1 would share GPU 'GPU-a'"), std::string::npos);
    }
}

TEST(BindDevice, gathers_the_bindings_of_all_ranks)
{
    auto const world = Communicator::world();
    VisibleGpus const gpus("");

    auto const mine = bind_device(world, {}, true);
    auto const table = gather_bindings(world, mine);

    ASSERT_EQ(table.size(), static_cast<std::size_t>(world.size()));
    EXPECT_EQ(table[static_cast<std::size_t>(world.rank())], mine);
    EXPECT_EQ(mine.device, "cpu");
    EXPECT_GE(mine.threads, 1);
    EXPECT_FALSE(mine.cores.empty());
    EXPECT_FALSE(mine.memory.empty());
}

}  // namespace
}  // namespace ablatrix::mpi
