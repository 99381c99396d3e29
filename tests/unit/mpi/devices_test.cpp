#include <ablatrix/mpi/devices.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <sched.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

#include "support/temporary_folder.hpp"

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

/// Four GPUs as the NVIDIA driver lists them, of which control groups may hide some.
class FakeMachine
{
  public:
    FakeMachine()
    {
        for (int gpu = 0; gpu < 4; ++gpu) {
            auto const folder = folder_.path() / ("0000:" + std::to_string(gpu + 1) + "7:00.0");
            std::filesystem::create_directories(folder);
            std::ofstream{folder / "information"} << "Model: \t\t NVIDIA H100\nIRQ:   \t\t 130\nGPU UUID: \t "
                                                  << uuid(gpu) << "\nDevice Minor: \t " << gpu << "\n";
        }
    }

    static std::string uuid(int gpu) { return "GPU-" + std::string(8, static_cast<char>('a' + gpu)) + "-4cf2"; }

    FakeMachine& hide_all_but(std::set<std::string> minors)
    {
        open_ = std::move(minors);
        return *this;
    }
    FakeMachine& set(std::string const& name, std::string const& value)
    {
        variables_[name] = value;
        return *this;
    }

    DeviceSources sources() const
    {
        return {folder_.path(), [this](std::string const& minor) { return open_.contains(minor); },
                [this](char const* name) {
                    auto const found = variables_.find(name);
                    return found == variables_.end() ? nullptr : found->second.c_str();
                }};
    }
    /// What a working rank on this machine sees.
    RankDevices rank() const { return {"node0", 0, true, visible_devices(sources())}; }

  private:
    test::TemporaryFolder folder_;
    std::set<std::string> open_ = {"0", "1", "2", "3"};
    std::map<std::string, std::string> variables_;
};

std::vector<std::string> identities_of(std::vector<DeviceBinding> const& bindings)
{
    std::vector<std::string> identities;
    for (auto const& binding : bindings)
        identities.push_back(binding.identity);
    return identities;
}

TEST(FakedMachine, all_visible_gives_each_rank_the_next_in_pci_order)
{
    FakeMachine const machine;
    auto const rank = machine.rank();

    auto const bindings = assign_devices({rank, rank, rank, rank}, {});

    EXPECT_THAT(devices_of(bindings), ElementsAre("cuda:0", "cuda:1", "cuda:2", "cuda:3"));
    EXPECT_THAT(identities_of(bindings),
                ElementsAre(FakeMachine::uuid(0), FakeMachine::uuid(1), FakeMachine::uuid(2), FakeMachine::uuid(3)));
    EXPECT_EQ(bindings[0].memory, "NVIDIA H100");
    EXPECT_THAT(error_of({rank, rank, rank, rank, rank}, {}),
                HasSubstr("ranks 0 and 4 would share GPU '" + FakeMachine::uuid(0)));
}

// --gpus-per-task=1 with ConstrainDevices=yes: a control group shows each task one GPU, which Slurm calls 0.
TEST(FakedMachine, bound_by_control_groups_each_rank_keeps_its_device_zero)
{
    std::vector<FakeMachine> machines(2);
    machines[0].hide_all_but({"2"}).set("CUDA_VISIBLE_DEVICES", "0");
    machines[1].hide_all_but({"3"}).set("CUDA_VISIBLE_DEVICES", "0");

    auto const bindings = assign_devices({machines[0].rank(), machines[1].rank()}, {});

    EXPECT_THAT(devices_of(bindings), ElementsAre("cuda:0", "cuda:0"));
    EXPECT_THAT(identities_of(bindings), ElementsAre(FakeMachine::uuid(2), FakeMachine::uuid(3)));
}

// --gpu-bind=map_gpu:2,0 and mask_gpu:0x8,0x6 without control groups: Slurm sets the machine's own numbers.
TEST(FakedMachine, bound_by_map_or_mask_each_rank_takes_from_its_own_list)
{
    std::vector<FakeMachine> machines(4);
    machines[0].set("CUDA_VISIBLE_DEVICES", "2");
    machines[1].set("CUDA_VISIBLE_DEVICES", "0");
    machines[2].set("CUDA_VISIBLE_DEVICES", "3");
    machines[3].set("CUDA_VISIBLE_DEVICES", "1,2");

    auto const bindings =
        assign_devices({machines[0].rank(), machines[1].rank(), machines[2].rank(), machines[3].rank()}, {});

    EXPECT_THAT(devices_of(bindings), ElementsAre("cuda:2", "cuda:0", "cuda:3", "cuda:1"));
}

TEST(FakedMachine, one_gpu_named_in_two_ways_is_one_gpu)
{
    std::vector<FakeMachine> machines(3);
    machines[0].set("CUDA_VISIBLE_DEVICES", "1");
    machines[1].set("CUDA_VISIBLE_DEVICES", FakeMachine::uuid(1));
    machines[2].set("CUDA_VISIBLE_DEVICES", "GPU-bbbb");  // CUDA takes the beginning of a UUID

    for (std::size_t other : {1, 2}) {
        EXPECT_THAT(error_of({machines[0].rank(), machines[other].rank()}, {}),
                    HasSubstr("ranks 0 and 1 would share GPU '" + FakeMachine::uuid(1)));
    }
}

TEST(FakedMachine, slices_of_one_gpu_are_devices_of_their_own)
{
    std::vector<FakeMachine> machines(3);
    machines[0].set("CUDA_VISIBLE_DEVICES", "MIG-41b3d359-e721");
    machines[1].set("CUDA_VISIBLE_DEVICES", "MIG-9fe17c5d-02aa");
    machines[2].set("CUDA_VISIBLE_DEVICES", "MIG-" + FakeMachine::uuid(2) + "/1/0");

    auto const bindings = assign_devices({machines[0].rank(), machines[1].rank(), machines[2].rank()}, {});

    EXPECT_THAT(identities_of(bindings),
                ElementsAre("MIG-41b3d359-e721", "MIG-9fe17c5d-02aa", "MIG-" + FakeMachine::uuid(2) + "/1/0"));
    EXPECT_EQ(bindings[2].memory, "NVIDIA H100");  // the older form names its GPU
    EXPECT_THAT(error_of({machines[0].rank(), machines[0].rank()}, {}),
                HasSubstr("would share GPU 'MIG-41b3d359-e721'"));
}

TEST(FakedMachine, the_list_ends_at_a_number_or_uuid_that_is_not_there)
{
    EXPECT_THAT(FakeMachine().set("CUDA_VISIBLE_DEVICES", "3,4,0").rank().visible.gpus, ElementsAre("3"));
    EXPECT_THAT(FakeMachine().set("CUDA_VISIBLE_DEVICES", "GPU-aaaa,GPU-x,1").rank().visible.gpus,
                ElementsAre("GPU-aaaa"));
    EXPECT_THAT(FakeMachine().set("CUDA_VISIBLE_DEVICES", "1").hide_all_but({"2"}).rank().visible.gpus, IsEmpty());
}

TEST(FakedMachine, children_see_the_chosen_gpu_and_no_other)
{
    FakeMachine machine;
    machine.set("CUDA_VISIBLE_DEVICES", "2,3");

    auto const binding = bind_device(Communicator(), {}, true, machine.sources());
    char seen[64] = {};
    std::FILE* const child = popen("printf %s \"$CUDA_VISIBLE_DEVICES $CUDA_DEVICE_ORDER\"", "r");
    ASSERT_NE(child, nullptr);
    ASSERT_NE(std::fgets(seen, sizeof seen, child), nullptr);
    pclose(child);
    unsetenv("CUDA_VISIBLE_DEVICES");
    unsetenv("CUDA_DEVICE_ORDER");

    EXPECT_EQ(binding.device, "cuda:2");
    EXPECT_STREQ(seen, "2 PCI_BUS_ID");
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
