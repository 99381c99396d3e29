#include <ablatrix/mpi/communicator.hpp>

#include <type_traits>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

// Without MPI_Init: what a null communicator promises. tests/mpi/ holds the rest.

namespace ablatrix::mpi {
namespace {

static_assert(std::is_nothrow_move_constructible_v<Communicator> && !std::is_copy_constructible_v<Communicator>);

TEST(Communicator, null_reports_one_rank)
{
    Communicator const world;

    EXPECT_TRUE(world.is_null());
    EXPECT_EQ(world.rank(), 0);
    EXPECT_EQ(world.size(), 1);
}

TEST(Communicator, null_collectives_return_what_they_were_given)
{
    Communicator const world;

    world.barrier();
    EXPECT_EQ(world.broadcast("text"), "text");
    EXPECT_EQ(world.gather_all("text"), std::vector<std::string>{"text"});
    EXPECT_EQ(world.max_all(-5), -5);
    EXPECT_TRUE(world.duplicate().is_null());
    EXPECT_TRUE(world.split_shared().is_null());
    EXPECT_FALSE(world.poll().has_value());
}

TEST(Communicator, null_refuses_messages_that_nobody_could_answer)
{
    Communicator world;

    EXPECT_THROW(world.send(0, 0, {}), ContractError);
    EXPECT_THROW(world.send_buffered(0, 0, {}), ContractError);
    EXPECT_THROW(world.wait(), ContractError);
    EXPECT_THROW(world.broadcast("text", 1), ContractError);
}

TEST(Communicator, world_needs_an_environment)
{
    EXPECT_THROW(Communicator::world(), ContractError);
}

}  // namespace
}  // namespace ablatrix::mpi
