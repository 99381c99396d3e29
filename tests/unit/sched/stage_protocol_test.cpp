#include "src/sched/detail/stage_protocol.hpp"

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/bundle.hpp>

namespace {

using namespace ablatrix::sched;
using namespace ablatrix::sched::detail;
using ablatrix::plan::Params;

StageRequest sample_request()
{
    return {{0x0123456789abcdef, 42},
            "fake_scores",
            Params{}
                .set("flag", true)
                .set("count", std::int64_t{-3})
                .set("whole", 2.0)
                .set("fine", std::numeric_limits<double>::denorm_min())
                .set("text", "a\nb")
                .set("empty", "")
                .set("numbers", std::vector<double>{0.1, -0.0})
                .set("one_number", std::vector<double>{1.0})
                .set("no_names", std::vector<std::string>{})
                .set("kind", "a parameter may be named like a field")
                .set_place("text", "/a/folder"),
            {{"source", {1, 2}}, {"b:odd role", {3, 4}}}};
}

std::vector<std::byte> frame_of(StageRequest const& request)
{
    return encode_frame(FrameType::request, encode(request));
}

TEST(StageProtocol, a_request_arrives_as_it_was_sent)
{
    auto const sent = sample_request();
    auto const received = decode_request(encode(sent));

    EXPECT_EQ(received.output, sent.output);
    EXPECT_EQ(received.kind, sent.kind);
    EXPECT_EQ(received.params.values(), sent.params.values());  // types and bits
    EXPECT_EQ(received.params.canonical(), sent.params.canonical());
    EXPECT_EQ(received.params.places(), sent.params.places());
    EXPECT_EQ(received.inputs, sent.inputs);
}

TEST(StageProtocol, a_result_and_a_welcome_arrive_as_they_were_sent)
{
    auto const result =
        decode_result(encode(StageResult{TaskStatus::input_lost, 2, 77, "an error\nof two lines", true}));
    EXPECT_EQ(result.status, TaskStatus::input_lost);
    EXPECT_EQ(result.lost_input, 2u);
    EXPECT_EQ(result.bytes, 77);
    EXPECT_EQ(result.error, "an error\nof two lines");
    EXPECT_TRUE(result.continued);
    EXPECT_FALSE(decode_result(encode(StageResult{})).continued);

    auto const welcome = decode_welcome(encode(Welcome{123, 4, "/cache", {8, "cuda:0", 2.5}}));
    EXPECT_EQ(welcome.worker_pid, 123);
    EXPECT_EQ(welcome.rank, 4);
    EXPECT_EQ(welcome.cache, "/cache");
    EXPECT_EQ(welcome.means.threads, 8);
    EXPECT_EQ(welcome.means.device, "cuda:0");
    EXPECT_EQ(welcome.means.save_every_s, 2.5);
}

TEST(StageProtocol, frames_are_cut_out_of_any_stream)
{
    auto stream = frame_of(sample_request());
    auto const second = encode_frame(FrameType::ready, {});
    stream.insert(stream.end(), second.begin(), second.end());

    FrameReader reader;
    std::vector<FrameType> types;
    for (std::byte const byte : stream) {
        reader.append({&byte, 1});
        while (auto const frame = reader.next())
            types.push_back(frame->type);
    }

    EXPECT_EQ(types, (std::vector{FrameType::request, FrameType::ready}));
}

TEST(StageProtocol, any_changed_byte_is_noticed)
{
    auto const good = frame_of(sample_request());
    int refused = 0, waiting = 0;
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (int const mask : {1, 0x80, 0xff}) {
            auto bad = good;
            bad[i] ^= static_cast<std::byte>(mask);
            FrameReader reader;
            reader.append(bad);
            try {
                if (auto const frame = reader.next()) {
                    EXPECT_NE(frame->type, FrameType::request) << "byte " << i;  // the receiver wants a request
                    continue;
                }
                ++waiting;  // a greater length: more would have to come
            }
            catch (ProtocolError const&) {
                ++refused;
            }
        }
    }
    EXPECT_GT(refused, 0);
    EXPECT_LE(waiting, 8 * 3);  // the bytes of the length
}

TEST(StageProtocol, refuses_what_it_does_not_know)
{
    auto const refusal = [](std::size_t place, int value) -> std::string {
        auto frame = encode_frame(FrameType::ready, {});
        frame[place] = static_cast<std::byte>(value);
        FrameReader reader;
        reader.append(frame);
        try {
            reader.next();
        }
        catch (ProtocolError const& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(refusal(0, 0), "a message without its mark");
    EXPECT_EQ(refusal(4, 9), "a message of protocol version 9, not 3");
    EXPECT_EQ(refusal(6, 6), "a message of unknown type 6");
    EXPECT_EQ(refusal(6, 0), "a message of unknown type 0");
    EXPECT_EQ(refusal(11, 5), "a message of 83886080 bytes");  // 5 * 2^24, above 2^26
    EXPECT_EQ(refusal(16, 7), "a message with a wrong checksum");
}

TEST(StageProtocol, payloads_of_another_shape_are_errors)
{
    EXPECT_THROW(decode_request({}), ProtocolError);
    EXPECT_THROW(decode_request(encode(StageResult{})), ProtocolError);
    EXPECT_THROW(decode_result(encode(sample_request())), ProtocolError);
    EXPECT_THROW(decode_welcome(encode(Welcome{1, 0, "/c", {0, "cpu"}})), ProtocolError);  // no threads
    EXPECT_THROW(decode_result(encode(StageResult{static_cast<TaskStatus>(9), 0, 0, ""})), ProtocolError);
    EXPECT_THROW(decode_result(encode(StageResult{TaskStatus::crashed, 0, 0, ""})), ProtocolError);
}

}  // namespace
