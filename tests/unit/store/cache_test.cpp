#include <ablatrix/store/cache.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <ablatrix/base/error.hpp>

#include "support/temporary_folder.hpp"
#include "unit/store/small_mount.hpp"

namespace ablatrix::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

base::Bundle bundle_of(double value, std::size_t count = 3)
{
    base::Bundle bundle;
    bundle.put("values", std::vector<double>(count, value));
    bundle.put("names", std::vector<std::string>{"a", "b"});
    return bundle;
}

class CacheTest : public testing::Test
{
  protected:
    static base::Fingerprint key(int i) { return base::fingerprint_of("artifact " + std::to_string(i)); }
    fs::path root() const { return folder_.path() / "deep" / "cache"; }
    fs::path file_of(base::Fingerprint const& fingerprint) const
    {
        auto const name = fingerprint.text();
        return root() / "artifacts" / name.substr(0, 2) / (name + ".bundle");
    }
    std::vector<fs::path> files_in(char const* folder) const
    {
        std::vector<fs::path> files;
        for (auto const& entry : fs::recursive_directory_iterator(root() / folder))
            if (entry.is_regular_file()) files.push_back(entry.path());
        return files;
    }
    /// Change one byte at \p offset from the end.
    static void damage(fs::path const& path, std::streamoff from_end)
    {
        std::fstream stream(path, std::ios::binary | std::ios::in | std::ios::out);
        stream.seekg(-from_end, std::ios::end);
        auto const byte = static_cast<char>(stream.get() ^ 0x20);
        stream.seekp(-from_end, std::ios::end);
        stream.put(byte);
    }
    static void age(fs::path const& path, std::chrono::hours hours)
    {
        fs::last_write_time(path, fs::file_time_type::clock::now() - hours);
    }

    test::TemporaryFolder folder_;
};

template <typename Function>
std::string error_of(Function&& function)
{
    try {
        function();
    }
    catch (Error const& error) {
        return error.what();
    }
    return "no error";
}

TEST_F(CacheTest, returns_what_was_stored)
{
    ArtifactCache const cache(root());
    cache.store(key(1), "train", bundle_of(1.5), 2.25);

    EXPECT_TRUE(cache.contains(key(1)));
    EXPECT_EQ(cache.load(key(1)), bundle_of(1.5));
    EXPECT_THAT(files_in("tmp"), IsEmpty());
}

TEST_F(CacheTest, has_nothing_under_an_unknown_fingerprint)
{
    ArtifactCache const cache(root());

    EXPECT_FALSE(cache.contains(key(1)));
    EXPECT_FALSE(cache.load(key(1)).has_value());
}

TEST_F(CacheTest, keeps_artifacts_for_the_next_process)
{
    ArtifactCache(root()).store(key(1), "train", bundle_of(1), 0);

    EXPECT_EQ(ArtifactCache(root()).load(key(1)), bundle_of(1));
}

TEST_F(CacheTest, stores_an_empty_bundle)
{
    ArtifactCache const cache(root());
    cache.store(key(1), "nothing", base::Bundle(), 0);

    EXPECT_EQ(cache.load(key(1)), base::Bundle());
}

TEST_F(CacheTest, lists_kind_size_and_cost)
{
    ArtifactCache const cache(root());
    cache.store(key(1), "train", bundle_of(1), 2.25);
    cache.store(key(2), "embed", bundle_of(2, 1000), 0.5);

    auto const infos = cache.list();

    ASSERT_THAT(infos, SizeIs(2));
    EXPECT_EQ(infos[0].kind, "embed");
    EXPECT_EQ(infos[0].fingerprint, key(2));
    EXPECT_EQ(infos[0].cost_s, 0.5);
    EXPECT_EQ(infos[0].bytes, fs::file_size(file_of(key(2))));
    EXPECT_EQ(infos[1].kind, "train");
    EXPECT_EQ(infos[1].cost_s, 2.25);
}

TEST_F(CacheTest, sets_a_changed_payload_aside_and_reads_it_as_absent)
{
    ArtifactCache const cache(root());
    cache.store(key(1), "train", bundle_of(1), 0);
    damage(file_of(key(1)), 3);

    EXPECT_FALSE(cache.load(key(1)).has_value());
    EXPECT_FALSE(cache.contains(key(1)));
    EXPECT_THAT(files_in("damaged"), SizeIs(1));

    cache.store(key(1), "train", bundle_of(1), 0);
    EXPECT_EQ(cache.load(key(1)), bundle_of(1));
}

TEST_F(CacheTest, does_not_contain_a_truncated_file_at_any_length)
{
    ArtifactCache const cache(root());
    cache.store(key(1), "train", bundle_of(1), 0);
    auto const whole = fs::file_size(file_of(key(1)));
    for (std::uintmax_t length = whole - 1;; length /= 2) {
        fs::resize_file(file_of(key(1)), length);
        EXPECT_FALSE(cache.contains(key(1))) << length;
        if (length == 0) break;
    }

    EXPECT_FALSE(cache.load(key(1)).has_value());
    EXPECT_THAT(files_in("damaged"), SizeIs(1));
}

TEST_F(CacheTest, does_not_contain_a_file_with_a_changed_header)
{
    ArtifactCache const cache(root());
    cache.store(key(1), "train", bundle_of(1), 0);
    auto const bytes = static_cast<std::streamoff>(fs::file_size(file_of(key(1))));
    for (std::streamoff offset : {0, 9, 17, 33, 41, 60, 127}) {
        damage(file_of(key(1)), bytes - offset);
        EXPECT_FALSE(cache.contains(key(1))) << offset;
        damage(file_of(key(1)), bytes - offset);
        ASSERT_TRUE(cache.contains(key(1))) << offset;
    }
}

TEST_F(CacheTest, does_not_take_one_artifact_for_another)
{
    ArtifactCache const cache(root());
    cache.store(key(1), "train", bundle_of(1), 0);
    fs::create_directories(file_of(key(2)).parent_path());
    fs::copy(file_of(key(1)), file_of(key(2)));

    EXPECT_FALSE(cache.contains(key(2)));
    EXPECT_FALSE(cache.load(key(2)).has_value());
    EXPECT_TRUE(cache.contains(key(1)));
}

TEST_F(CacheTest, verify_counts_good_files_and_names_damaged_ones)
{
    ArtifactCache const cache(root());
    for (int i = 0; i < 4; ++i)
        cache.store(key(i), "train", bundle_of(i), 0);
    damage(file_of(key(2)), 1);

    auto const report = cache.verify();

    EXPECT_EQ(report.good, 3U);
    EXPECT_THAT(report.damaged, testing::ElementsAre(file_of(key(2))));
    EXPECT_FALSE(fs::exists(file_of(key(2))));
    EXPECT_EQ(cache.verify().good, 3U);
}

TEST_F(CacheTest, collects_the_least_recently_used_first)
{
    ArtifactCache const cache(root());
    for (int i = 0; i < 3; ++i) {
        cache.store(key(i), "train", bundle_of(i), 0);
        age(file_of(key(i)), std::chrono::hours{10 - i});
    }
    auto const bytes = fs::file_size(file_of(key(0)));
    static_cast<void>(cache.load(key(0)));  // the oldest, but just used

    auto const freed = cache.collect_garbage(bytes);

    EXPECT_EQ(freed, 2 * bytes);
    EXPECT_TRUE(cache.contains(key(0)));
    EXPECT_THAT(cache.list(), SizeIs(1));
}

TEST_F(CacheTest, collects_temporary_files_only_when_they_are_old)
{
    ArtifactCache const cache(root());
    std::ofstream(root() / "tmp" / "old.tmp") << "killed yesterday";
    std::ofstream(root() / "tmp" / "new.tmp") << "being written";
    age(root() / "tmp" / "old.tmp", std::chrono::hours{25});

    auto const freed = cache.collect_garbage(1 << 30);

    EXPECT_EQ(freed, 16U);
    EXPECT_THAT(files_in("tmp"), testing::ElementsAre(root() / "tmp" / "new.tmp"));
}

TEST_F(CacheTest, keeps_what_is_unfinished_until_it_is_stored)
{
    ArtifactCache const cache(root());
    auto const folder = cache.unfinished_folder(key(1));
    EXPECT_FALSE(fs::exists(folder));
    for (int i = 1; i <= 2; ++i) {
        fs::create_directories(cache.unfinished_folder(key(i)));
        std::ofstream(cache.unfinished_folder(key(i)) / "state") << "half of it";
    }
    ASSERT_THAT(cache.list(), SizeIs(2));
    EXPECT_EQ(cache.list().front().kind, "unfinished");
    EXPECT_EQ(cache.list().front().bytes, 10U);
    EXPECT_FALSE(cache.contains(key(1)));

    cache.store(key(1), "train", bundle_of(1), 0);

    EXPECT_FALSE(fs::exists(folder));
    EXPECT_TRUE(fs::exists(cache.unfinished_folder(key(2)) / "state"));
}

TEST_F(CacheTest, removes_what_is_unfinished_of_a_whole_artifact)
{
    ArtifactCache const cache(root());
    cache.remove_finished();
    cache.store(key(1), "train", bundle_of(1), 0);
    for (int i = 1; i <= 2; ++i) {
        fs::create_directories(cache.unfinished_folder(key(i)));
        std::ofstream(cache.unfinished_folder(key(i)) / "state") << "half of it";
    }

    cache.remove_finished();

    EXPECT_FALSE(fs::exists(cache.unfinished_folder(key(1))));
    EXPECT_TRUE(fs::exists(cache.unfinished_folder(key(2)) / "state"));
}

TEST_F(CacheTest, collects_what_is_unfinished_by_its_age)
{
    ArtifactCache const cache(root());
    auto const leave = [&](int i, std::chrono::hours hours) {
        auto const folder = cache.unfinished_folder(key(i));
        fs::create_directories(folder);
        std::ofstream(folder / "state") << "half of it";
        age(folder / "state", hours);
    };
    leave(1, std::chrono::hours{9});
    leave(2, std::chrono::hours{1});
    fs::create_directories(root() / "unfinished" / "somebody's own");
    std::ofstream(root() / "unfinished" / "somebody's own" / "file") << "not ours";

    EXPECT_EQ(cache.collect_garbage(10), 10U);
    EXPECT_FALSE(fs::exists(cache.unfinished_folder(key(1))));
    EXPECT_TRUE(fs::exists(cache.unfinished_folder(key(2)) / "state"));
    EXPECT_EQ(cache.collect_garbage(0), 10U);
    EXPECT_THAT(files_in("unfinished"), SizeIs(1));
}

TEST_F(CacheTest, stores_where_a_folder_lies_and_where_everything_was_removed)
{
    ArtifactCache const cache(root());
    fs::create_directories(file_of(key(1)) / "not an artifact");
    EXPECT_FALSE(cache.contains(key(1)));
    cache.store(key(1), "kind", bundle_of(1), 0);
    EXPECT_TRUE(cache.contains(key(1)));
    EXPECT_FALSE(fs::is_empty(root() / "damaged"));

    fs::remove_all(root());
    cache.store(key(2), "kind", bundle_of(2), 0);
    EXPECT_TRUE(cache.load(key(2)).has_value());
}

TEST_F(CacheTest, removes_what_killed_writers_on_this_host_left)
{
    ArtifactCache const cache(root());
    char host[256] = {};
    ASSERT_EQ(gethostname(host, sizeof(host) - 1), 0);
    auto const temporary = [&](std::string const& name) {
        auto const path = root() / "tmp" / (name + ".tmp");
        std::ofstream(path) << "half";
        return path;
    };
    auto const orphan = temporary("0123." + std::string(host) + ".1.0");
    auto const elsewhere = temporary("0123.another-" + std::string(host) + ".1.0");
    auto const in_use = temporary("0123." + std::string(host) + ".2.0");
    int const writer = ::open(in_use.c_str(), O_WRONLY | O_CLOEXEC);
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    ASSERT_EQ(fcntl(writer, F_OFD_SETLK, &lock), 0);

    ArtifactCache const opened_again(root());

    EXPECT_FALSE(fs::exists(orphan));
    EXPECT_TRUE(fs::exists(elsewhere));
    EXPECT_TRUE(fs::exists(in_use));
    ::close(writer);
}

TEST_F(CacheTest, serves_writers_and_readers_of_one_artifact_at_the_same_time)
{
    ArtifactCache const cache(root());
    auto const bundle = bundle_of(7, 10'000);
    std::vector<std::thread> threads;
    std::vector<int> wrong(4);
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            ArtifactCache const own(root());
            for (int i = 0; i < 20; ++i) {
                own.store(key(i % 3), "train", bundle, 0);
                auto const loaded = own.load(key(i % 3));
                wrong[static_cast<std::size_t>(t)] += !loaded || *loaded != bundle;
            }
        });
    for (auto& thread : threads)
        thread.join();

    EXPECT_THAT(wrong, testing::Each(0));
    EXPECT_THAT(files_in("damaged"), IsEmpty());
    EXPECT_THAT(files_in("tmp"), IsEmpty());
}

TEST_F(CacheTest, names_the_folder_that_cannot_be_created)
{
    std::ofstream(folder_.path() / "file") << "not a folder";

    auto const error = error_of([&] { ArtifactCache cache(folder_.path() / "file" / "cache"); });

    EXPECT_THAT(error, HasSubstr("cannot create the cache folder '" + (folder_.path() / "file" / "cache").native()));
    EXPECT_THAT(error, HasSubstr("Not a directory"));
    EXPECT_THAT(error, HasSubstr("--cache"));
}

TEST_F(CacheTest, refuses_a_cache_on_a_read_only_file_system)
{
    test::SmallMount const mount("size=1m");
    if (!mount.is_mounted()) GTEST_SKIP() << "cannot mount a tmpfs here (needs root)";
    {
        ArtifactCache const made(mount.path());
    }
    ASSERT_TRUE(mount.make_read_only());

    auto const error = error_of([&] { ArtifactCache cache(mount.path()); });

    EXPECT_THAT(error, HasSubstr(mount.path().native()));
    EXPECT_THAT(error, HasSubstr("Read-only file system"));
}

TEST_F(CacheTest, reports_a_full_disk_and_leaves_nothing_half_written)
{
    test::SmallMount const mount("size=256k");
    if (!mount.is_mounted()) GTEST_SKIP() << "cannot mount a tmpfs here (needs root)";
    ArtifactCache const cache(mount.path());
    cache.store(key(1), "train", bundle_of(1), 0);

    auto const error = error_of([&] { cache.store(key(2), "embed", bundle_of(2, 100'000), 0); });

    EXPECT_THAT(error, HasSubstr("artifact " + key(2).text() + " of stage 'embed'"));
    EXPECT_THAT(error, HasSubstr("No space left on device"));
    EXPECT_THAT(error, HasSubstr(mount.path().native()));
    EXPECT_FALSE(cache.contains(key(2)));
    EXPECT_TRUE(fs::is_empty(mount.path() / "tmp"));
    EXPECT_EQ(cache.load(key(1)), bundle_of(1));
}

}  // namespace
}  // namespace ablatrix::store
