#include <ablatrix/base/parallel.hpp>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ablatrix::base {

TEST(ParallelFor, calls_each_index_once)
{
    for (int const threads : {-1, 1, 2, 7}) {
        for (std::size_t const count : {0, 1, 5, 1000}) {
            std::vector<std::atomic<int>> calls(count);
            parallel_for(count, threads, [&calls](std::size_t i) { ++calls[i]; });
            for (auto const& n : calls)
                EXPECT_EQ(n.load(), 1) << threads << " threads, " << count << " indices";
        }
    }
}

TEST(ParallelFor, rethrows_the_exception_of_the_lowest_index)
{
    auto const body = [](std::size_t i) {
        if (i % 10 == 3) throw std::runtime_error("index " + std::to_string(i));
    };
    for (int const threads : {1, 4}) {
        for (int repeat = 0; repeat < 50; ++repeat)
            EXPECT_THAT([&] { parallel_for(500, threads, body); },
                        testing::ThrowsMessage<std::runtime_error>("index 3"));
    }
}

}  // namespace ablatrix::base
