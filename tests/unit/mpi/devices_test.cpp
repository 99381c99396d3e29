#include <ablatrix/mpi/devices.hpp>

#include <cstdlib>
#include <string>
#include <vector>

#include <sched.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::mpi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A working rank on \p node with GPUs \p ids, physically \p identities, and \p cores.
RankDevices rank_on(int node, std::vector<std::string> ids, std::vector<std::string> identities, std::vector<int> cores)
{
    RankDevices rank;
    rank.host = "node" + std::to_string(node);
    rank.node = node;
    rank.visible.gpus = std::move(ids);
    rank.visible.identities = std::move(identities);
    rank.visible.models.resize(rank.visible.gpus.size());
    rank.visible.cores = static_cast<int>(cores.size());
    rank.visible.core_ids = std::move(cores);
    return rank;
}

RankDevices rank_on(int node, std::vector<std::string> ids, std::vector<int> cores = {0})
{
    auto const identities = ids;
    return rank_on(node, std::move(ids), identities, std::move(cores));
}

std::vector<std::string> devices_of(std::vector<DeviceBinding> const& bindings)
{
    std::vector<std::string> devices;
    for (auto const& binding : bindings)
        devices.push_back(binding.device);
    return devices;
}

std::string error_of(std::vector<RankDevices> const& ranks, DeviceRequest const& request)
{
    try {
        assign_devices(ranks, request);
    }
    catch (Error const& error) {
        return error.what();
    }
    return "no error";
}

TEST(AssignDevices, takes_positions_in_the_visible_list_on_each_node)
{
    auto const bindings = assign_devices(
        {rank_on(0, {"0", "1"}), rank_on(0, {"0", "1"}), rank_on(2, {"0", "1"}), rank_on(2, {"0", "1"})}, {});

    EXPECT_THAT(devices_of(bindings), ElementsAre("cuda:0", "cuda:1", "cuda:0", "cuda:1"));
    EXPECT_EQ(bindings[3].local_rank, 1);
}

TEST(AssignDevices, keeps_the_device_that_slurm_bound_to_each_rank)
{
    // --gpus-per-task=1 with cgroups: each rank sees its own GPU as device 0.
    auto const bindings = assign_devices({rank_on(0, {"0"}, {"GPU-a"}, {0}), rank_on(0, {"0"}, {"GPU-b"}, {1})}, {});

    EXPECT_THAT(devices_of(bindings), ElementsAre("cuda:0", "cuda:0"));
    EXPECT_EQ(bindings[0].identity, "GPU-a");
    EXPECT_EQ(bindings[1].identity, "GPU-b");
}

TEST(AssignDevices, keeps_devices_bound_by_mask)
{
    auto const bindings = assign_devices({rank_on(0, {"3"}), rank_on(0, {"1"})}, {});

    EXPECT_THAT(devices_of(bindings), ElementsAre("cuda:3", "cuda:1"));
}

TEST(AssignDevices, accepts_mig_slices)
{
    auto const bindings = assign_devices({rank_on(0, {"MIG-1", "MIG-2"}), rank_on(0, {"MIG-1", "MIG-2"})}, {});

    EXPECT_THAT(devices_of(bindings), ElementsAre("cuda:MIG-1", "cuda:MIG-2"));
}

TEST(AssignDevices, gives_none_to_a_coordinator)
{
    auto ranks = std::vector{rank_on(0, {"0", "1"}), rank_on(0, {"0", "1"}), rank_on(0, {"0", "1"})};
    ranks[0].works = false;

    EXPECT_THAT(devices_of(assign_devices(ranks, {})), ElementsAre("cpu", "cuda:0", "cuda:1"));
}

TEST(AssignDevices, refuses_unasked_sharing_and_names_both_ranks)
{
    auto const error = error_of({rank_on(0, {"0"}), rank_on(1, {"0"}), rank_on(0, {"0"})}, {});

    EXPECT_THAT(error, HasSubstr("ranks 0 and 2 would share GPU '0' (host node0, 1 visible)"));
    EXPECT_THAT(error, HasSubstr("execution.share_devices: true"));
}

TEST(AssignDevices, shares_evenly_when_asked)
{
    DeviceRequest request;
    request.share = true;
    auto const rank = rank_on(0, {"0", "1"});

    EXPECT_THAT(devices_of(assign_devices({rank, rank, rank, rank, rank}, request)),
                ElementsAre("cuda:0", "cuda:1", "cuda:0", "cuda:1", "cuda:0"));
}

TEST(AssignDevices, uses_the_cpu_when_asked_though_a_gpu_is_there)
{
    DeviceRequest request;
    request.kind = "cpu";

    EXPECT_THAT(devices_of(assign_devices({rank_on(0, {"0"})}, request)), ElementsAre("cpu"));
}

TEST(AssignDevices, does_not_fall_back_to_the_cpu_silently)
{
    DeviceRequest request;
    request.kind = "cuda";

    EXPECT_THAT(error_of({rank_on(0, {"0"}), rank_on(1, {})}, request),
                HasSubstr("no GPU is visible (rank 1 on node1)"));
}

TEST(AssignDevices, refuses_an_unknown_kind)
{
    DeviceRequest request;
    request.kind = "tpu";

    EXPECT_THAT(error_of({rank_on(0, {})}, request), HasSubstr("unknown device kind 'tpu'"));
}

TEST(AssignDevices, divides_cores_among_the_ranks_that_share_them)
{
    std::vector<int> const all{0, 1, 2, 3, 4, 5, 6, 7};
    auto ranks = std::vector{rank_on(0, {}, all), rank_on(0, {}, all), rank_on(0, {}, all), rank_on(3, {}, all)};
    ranks[0].works = false;

    auto const bindings = assign_devices(ranks, {});

    // Rank 0 only coordinates, so ranks 1 and 2 have 8 / 2 cores each; rank 3 has its node to itself.
    EXPECT_EQ(bindings[0].threads, 1);
    EXPECT_EQ(bindings[1].threads, 4);
    EXPECT_EQ(bindings[2].threads, 4);
    EXPECT_EQ(bindings[3].threads, 8);
}

TEST(AssignDevices, uses_all_cores_of_a_rank_that_was_bound_to_its_own)
{
    auto const bindings = assign_devices({rank_on(0, {}, std::vector{0, 1}), rank_on(0, {}, std::vector{2, 3, 4})}, {});

    EXPECT_EQ(bindings[0].threads, 2);
    EXPECT_EQ(bindings[1].threads, 3);
}

TEST(AssignDevices, never_goes_below_one_thread)
{
    auto const rank = rank_on(0, {}, std::vector{0});

    EXPECT_EQ(assign_devices({rank, rank, rank}, {})[2].threads, 1);
}

TEST(AssignDevices, takes_a_requested_number_of_threads)
{
    DeviceRequest request;
    request.threads = 6;

    EXPECT_EQ(assign_devices({rank_on(0, {}, std::vector{0})}, request)[0].threads, 6);
}

class VisibleDevicesTest : public testing::Test
{
  protected:
    void TearDown() override { unsetenv("CUDA_VISIBLE_DEVICES"); }
    static std::vector<std::string> gpus_for(char const* list)
    {
        setenv("CUDA_VISIBLE_DEVICES", list, 1);
        return visible_devices().gpus;
    }
};

TEST_F(VisibleDevicesTest, reads_ids_and_uuids)
{
    EXPECT_THAT(gpus_for("2, 0"), ElementsAre("2", "0"));
    EXPECT_THAT(gpus_for("GPU-8932f937,MIG-41b3"), ElementsAre("GPU-8932f937", "MIG-41b3"));
}

TEST_F(VisibleDevicesTest, ends_the_list_at_the_first_invalid_entry_as_cuda_does)
{
    EXPECT_THAT(gpus_for("1,-1,0"), ElementsAre("1"));
    EXPECT_THAT(gpus_for("-1"), IsEmpty());
    EXPECT_THAT(gpus_for("NoDevFiles"), IsEmpty());
    EXPECT_THAT(gpus_for(""), IsEmpty());
}

TEST_F(VisibleDevicesTest, counts_the_cores_of_the_affinity_mask)
{
    cpu_set_t mask;
    ASSERT_EQ(sched_getaffinity(0, sizeof(mask), &mask), 0);
    int only = 0;
    while (!CPU_ISSET(only, &mask))
        ++only;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(only, &one);

    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    auto const bound = visible_devices();
    ASSERT_EQ(sched_setaffinity(0, sizeof(mask), &mask), 0);

    EXPECT_EQ(bound.cores, 1);
    EXPECT_THAT(bound.core_ids, ElementsAre(only));
    EXPECT_EQ(visible_devices().cores, CPU_COUNT(&mask));
}

TEST(DeviceTable, lists_ranks_with_host_device_threads_and_cores)
{
    std::vector<DeviceBinding> const table{{0, "n1", 0, "cpu", "", 1, {0, 1, 2, 5}, "16.0 GiB"},
                                           {1, "n1", 1, "cuda:0", "GPU-7", 12, {}, "NVIDIA H100 80GB HBM3"}};

    EXPECT_EQ(format_device_table(table),
              "rank  host  local  device          threads  cores  memory\n"
              "0     n1    0      cpu             1        0-2,5  16.0 GiB\n"
              "1     n1    1      cuda:0 (GPU-7)  12              NVIDIA H100 80GB HBM3\n");
}

TEST(BindDevice, works_without_mpi)
{
    setenv("CUDA_VISIBLE_DEVICES", "", 1);

    auto const binding = bind_device(Communicator(), {}, true);

    unsetenv("CUDA_VISIBLE_DEVICES");
    EXPECT_EQ(binding.device, "cpu");
    EXPECT_EQ(binding.threads, visible_devices().cores);
}

}  // namespace
}  // namespace ablatrix::mpi
