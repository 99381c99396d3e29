#include "src/sched/detail/artifact_memory.hpp"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/bundle.hpp>

namespace {

using ablatrix::base::Bundle;
using ablatrix::sched::detail::ArtifactMemory;

ArtifactMemory::Pointer artifact(std::size_t values)
{
    Bundle bundle;
    bundle.put("values", std::vector<double>(values, 1.0));
    return std::make_shared<Bundle const>(bundle);
}

TEST(ArtifactMemory, lets_the_least_recently_used_go)
{
    std::size_t const one = artifact(1000)->memory_bytes();
    ArtifactMemory memory{2 * one};
    memory.keep({0, 1}, artifact(1000));
    memory.keep({0, 2}, artifact(1000));
    ASSERT_NE(memory.find({0, 1}), nullptr);

    memory.keep({0, 3}, artifact(1000));

    EXPECT_NE(memory.find({0, 1}), nullptr);
    EXPECT_EQ(memory.find({0, 2}), nullptr);
    EXPECT_NE(memory.find({0, 3}), nullptr);
    EXPECT_EQ(memory.bytes(), 2 * one);
}

TEST(ArtifactMemory, does_not_keep_what_is_larger_than_its_limit)
{
    ArtifactMemory memory{artifact(10)->memory_bytes()};
    memory.keep({0, 1}, artifact(10));

    memory.keep({0, 2}, artifact(1000));

    EXPECT_NE(memory.find({0, 1}), nullptr);
    EXPECT_EQ(memory.find({0, 2}), nullptr);
}

TEST(ArtifactMemory, replaces_and_forgets)
{
    ArtifactMemory memory{1 << 20};
    memory.keep({0, 1}, artifact(10));
    memory.keep({0, 1}, artifact(20));
    EXPECT_EQ(memory.find({0, 1})->get<double>("values").size(), 20u);

    memory.forget({0, 1});

    EXPECT_EQ(memory.find({0, 1}), nullptr);
    EXPECT_EQ(memory.bytes(), 0u);
}

}  // namespace
