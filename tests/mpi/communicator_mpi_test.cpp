#include <ablatrix/mpi/communicator.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::mpi {
namespace {

std::vector<std::byte> bytes_of(std::string const& text)
{
    auto const* first = reinterpret_cast<std::byte const*>(text.data());
    return {first, first + text.size()};
}

std::string text_of(Message const& message)
{
    return {reinterpret_cast<char const*>(message.bytes.data()), message.bytes.size()};
}

int next(Communicator const& world)
{
    return (world.rank() + 1) % world.size();
}
int previous(Communicator const& world)
{
    return (world.rank() + world.size() - 1) % world.size();
}

TEST(MpiCommunicator, world_is_not_null_and_numbers_its_ranks)
{
    auto const world = Communicator::world();

    EXPECT_FALSE(world.is_null());
    EXPECT_GE(world.rank(), 0);
    EXPECT_LT(world.rank(), world.size());
}

TEST(MpiCommunicator, gathers_texts_of_different_lengths_in_rank_order)
{
    auto const world = Communicator::world();

    auto const texts = world.gather_all(std::string(static_cast<std::size_t>(world.rank()), 'x'));

    ASSERT_EQ(texts.size(), static_cast<std::size_t>(world.size()));
    for (std::size_t i = 0; i < texts.size(); ++i)
        EXPECT_EQ(texts[i], std::string(i, 'x'));
}

TEST(MpiCommunicator, broadcasts_the_text_of_any_root)
{
    auto const world = Communicator::world();
    for (int root = 0; root < world.size(); ++root) {
        auto const text = world.broadcast("from " + std::to_string(world.rank()), root);
        EXPECT_EQ(text, "from " + std::to_string(root));
    }
}

TEST(MpiCommunicator, broadcasts_an_empty_text)
{
    auto const world = Communicator::world();

    EXPECT_EQ(world.broadcast(world.rank() == 0 ? "" : "mine"), "");
}

TEST(MpiCommunicator, finds_the_maximum_over_ranks)
{
    auto const world = Communicator::world();

    EXPECT_EQ(world.max_all(-world.rank()), 0);
    EXPECT_EQ(world.max_all((std::int64_t{1} << 40) + world.rank()), (std::int64_t{1} << 40) + world.size() - 1);
}

TEST(MpiCommunicator, delivers_messages_around_a_ring_with_source_and_tag)
{
    auto world = Communicator::world().duplicate();
    // Larger than any eager limit, so that the send has to complete in the background.
    std::string const large(std::size_t{1} << 20, static_cast<char>('a' + world.rank()));

    world.send_buffered(next(world), 7, bytes_of(large));
    auto const message = world.wait();

    EXPECT_EQ(message.source, previous(world));
    EXPECT_EQ(message.tag, 7);
    EXPECT_EQ(text_of(message), std::string(std::size_t{1} << 20, static_cast<char>('a' + previous(world))));
    world.barrier();
}

TEST(MpiCommunicator, keeps_the_order_of_messages_from_one_sender)
{
    auto world = Communicator::world().duplicate();
    for (int i = 0; i < 20; ++i)
        world.send_buffered(next(world), i, bytes_of(std::to_string(i)));

    for (int i = 0; i < 20; ++i) {
        auto const message = world.wait();
        EXPECT_EQ(message.tag, i);
        EXPECT_EQ(text_of(message), std::to_string(i));
    }
    world.barrier();
}

TEST(MpiCommunicator, delivers_an_empty_message)
{
    auto world = Communicator::world().duplicate();
    world.send_buffered(next(world), 1, {});

    EXPECT_TRUE(world.wait().bytes.empty());
    world.barrier();
}

TEST(MpiCommunicator, polls_without_blocking_when_nothing_was_sent)
{
    auto const world = Communicator::world().duplicate();

    EXPECT_FALSE(world.poll().has_value());
    world.barrier();
}

TEST(MpiCommunicator, keeps_messages_of_a_duplicate_apart)
{
    auto world = Communicator::world();
    auto other = world.duplicate();

    other.send_buffered(next(other), 3, bytes_of("other"));
    auto const message = other.wait();

    EXPECT_EQ(text_of(message), "other");
    EXPECT_FALSE(world.poll().has_value());
    other.barrier();
}

TEST(MpiCommunicator, groups_ranks_of_one_machine)
{
    auto const world = Communicator::world();

    auto const node = world.split_shared();

    // The test runs on one machine.
    EXPECT_EQ(node.size(), world.size());
    EXPECT_EQ(node.rank(), world.rank());
}

TEST(MpiCommunicator, reports_a_failed_call_with_its_name)
{
    auto const world = Communicator::world();
    try {
        world.send(world.size(), 0, {});
        FAIL() << "sent to a rank that does not exist";
    }
    catch (MpiError const& error) {
        EXPECT_EQ(error.call(), "MPI_Send");
        EXPECT_NE(error.code(), 0);
        EXPECT_NE(std::string(error.what()).find("MPI_Send failed: "), std::string::npos);
    }
}

TEST(MpiCommunicator, moving_leaves_a_null_communicator)
{
    auto first = Communicator::world();

    auto const second = std::move(first);

    EXPECT_TRUE(first.is_null());
    EXPECT_FALSE(second.is_null());
}

TEST(MpiEnvironment, names_its_library)
{
    EXPECT_FALSE(Environment::library_version().empty());
    EXPECT_EQ(Environment::library_version().find('\n'), std::string::npos);
}

}  // namespace
}  // namespace ablatrix::mpi
