#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <ablatrix/mpi/communicator.hpp>

namespace ablatrix::mpi {

/// What the program can compute on, as seen from this process before any CUDA call.
struct VisibleDevices
{
    std::vector<std::string> gpus;  ///< ids from CUDA_VISIBLE_DEVICES, or "0".."n-1" from the driver's /proc listing
    /// What each of \p gpus physically is: the driver's UUID where it tells one, else the id. Two ranks of a node that
    /// Slurm bound to one device each both see id "0", but different identities.
    std::vector<std::string> identities;
    std::vector<std::string> models;  ///< product name of each, "" where the driver does not tell it
    int cores = 1;                    ///< cores in this process' affinity mask
    std::vector<int> core_ids;
};

struct DeviceRequest
{
    std::string kind =
        "auto";          ///< auto: GPU if any is visible, cpu, cuda (missing GPU is an error: no silent fallback)
    bool share = false;  ///< allow more ranks than devices on a node
    int threads = 0;     ///< CPU threads per worker, 0: the cores this rank was given divided by its neighbours
};

/// What one rank computes on.
struct DeviceBinding
{
    int rank = 0;
    std::string host;
    int local_rank = 0;
    std::string device;    ///< "cpu" or "cuda:<id>"
    std::string identity;  ///< UUID of the GPU where known, else its id; "" on a CPU
    int threads = 1;
    std::vector<int> cores;
    std::string memory;  ///< memory of a CPU's host, product name of a GPU (which says it), "" when unknown

    bool operator==(DeviceBinding const&) const = default;
};

/// Where visible_devices() looks; replaced in tests by machines that are not there.
struct DeviceSources
{
    std::filesystem::path driver_folder;                       ///< a folder a GPU, each with a file "information"
    std::function<bool(std::string const& minor)> may_open;    ///< may this process open /dev/nvidia<minor>?
    std::function<char const*(char const* name)> environment;  ///< std::getenv
};
DeviceSources const& this_machine();

/// GPUs in the order of CUDA_VISIBLE_DEVICES, without it in that of their PCI addresses, and this process' cores. The
/// list ends at the first entry that names no GPU, as CUDA reads it. An entry may be a number, a UUID ("GPU-...", also
/// shortened), or a MIG slice ("MIG-<uuid>", before driver 470 "MIG-GPU-<uuid>/<instance>/<slice>").
VisibleDevices visible_devices(DeviceSources const& sources = this_machine());

/// What bind_device() knows of one rank when it decides.
struct RankDevices
{
    std::string host;
    int node = 0;  ///< the same number for ranks that share a node
    bool works = true;
    VisibleDevices visible;
};

/// The decision behind bind_device(), without MPI or environment: one binding per rank, the same on every rank.
/// \throws Error as bind_device() does
std::vector<DeviceBinding> assign_devices(std::vector<RankDevices> const& ranks, DeviceRequest const& request);

/// Decide this rank's device; collective over \p world. Local position in the visible list decides, not the raw rank;
/// ranks that Slurm bound to one device each see it as device 0 and keep it (compared by host and device id).
/// \p works is false for a pure coordinator, which takes no device. The choice is exported to children through
/// CUDA_VISIBLE_DEVICES, so that the device is the first and only one that this process and its children see; call it
/// before the first CUDA call. Every rank throws, or none.
/// \throws Error when ranks would share a device unasked, naming both ranks and the way out, and for a kind "cuda"
/// without a GPU
DeviceBinding bind_device(Communicator const& world, DeviceRequest const& request, bool works,
                          DeviceSources const& sources = this_machine());

/// Host, rank, device, threads and memory of every rank, for the start of the log and the result file.
std::vector<DeviceBinding> gather_bindings(Communicator const& world, DeviceBinding const& mine);
std::string format_device_table(std::vector<DeviceBinding> const& table);

}  // namespace ablatrix::mpi
