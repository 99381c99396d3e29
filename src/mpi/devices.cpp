#include <ablatrix/mpi/devices.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::mpi {

namespace {

// What the machine has

std::vector<int> affinity_mask()
{
    for (int size = 1024; size <= 1 << 20; size *= 2) {
        cpu_set_t* const set = CPU_ALLOC(size);
        std::size_t const bytes = CPU_ALLOC_SIZE(size);
        CPU_ZERO_S(bytes, set);
        bool const known = sched_getaffinity(0, bytes, set) == 0;
        std::vector<int> cores;
        for (int core = 0; known && core < size; ++core)
            if (CPU_ISSET_S(static_cast<std::size_t>(core), bytes, set)) cores.push_back(core);
        CPU_FREE(set);
        if (!cores.empty()) return cores;
    }
    throw Error("the cores of this process are unknown (sched_getaffinity failed). Set execution.threads");
}

struct DriverGpu
{
    std::string uuid;
    std::string model;
};

/// A GPU that a control group hides is listed by the driver, but its device node cannot be opened.
bool may_open_device(std::string const& minor)
{
    std::string const node = "/dev/nvidia" + minor;
    int const file = ::open(node.c_str(), O_RDWR | O_CLOEXEC);
    if (file >= 0) ::close(file);
    return file >= 0;
}

/// GPUs that the NVIDIA driver lists and this process may open, in the order of their PCI addresses.
std::vector<DriverGpu> driver_gpus(DeviceSources const& sources)
{
    std::error_code ignored;
    std::vector<std::filesystem::path> folders;
    for (auto const& entry : std::filesystem::directory_iterator(sources.driver_folder, ignored))
        folders.push_back(entry.path());
    std::sort(folders.begin(), folders.end());
    std::vector<DriverGpu> gpus;
    for (auto const& folder : folders) {
        DriverGpu gpu;
        std::string minor;
        std::ifstream information(folder / "information");
        for (std::string line; std::getline(information, line);) {
            auto const colon = line.find(':');
            if (colon == std::string::npos) continue;
            std::string const key(base::trim(std::string_view(line).substr(0, colon)));
            std::string const value(base::trim(std::string_view(line).substr(colon + 1)));
            if (key == "GPU UUID") gpu.uuid = value;
            if (key == "Model") gpu.model = value;
            if (key == "Device Minor") minor = value;
        }
        if (minor.empty() || sources.may_open(minor)) gpus.push_back(std::move(gpu));
    }
    return gpus;
}

std::optional<std::size_t> as_index(std::string_view text)
{
    std::size_t value = 0;
    auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// The GPU that \p id means among those the driver tells of; null where it tells of none, or \p id is a MIG slice of
/// the newer kind, which does not name its GPU.
DriverGpu const* find_gpu(std::vector<DriverGpu> const& gpus, std::string_view id)
{
    if (auto const index = as_index(id)) return *index < gpus.size() ? &gpus[*index] : nullptr;
    if (id.starts_with("MIG-GPU-")) id = id.substr(4, id.find('/') - 4);
    auto const found =
        std::find_if(gpus.begin(), gpus.end(), [&](DriverGpu const& gpu) { return gpu.uuid.starts_with(id); });
    return found == gpus.end() ? nullptr : &*found;
}

/// Whether \p id can name a device. Where the driver tells of no GPU, whatever looks like one does.
bool names_device(std::vector<DriverGpu> const& gpus, std::string_view id)
{
    if (id.starts_with("MIG-")) return true;
    if (!as_index(id) && !id.starts_with("GPU-")) return false;
    return gpus.empty() || find_gpu(gpus, id) != nullptr;
}

/// CUDA's reading of the variable: the list ends at the first entry that names no device.
std::vector<std::string> listed_gpus(std::vector<DriverGpu> const& gpus, std::string_view variable)
{
    std::vector<std::string> ids;
    for (auto const& part : base::split(variable, ',')) {
        std::string id(base::trim(part));
        if (!names_device(gpus, id)) break;
        ids.push_back(std::move(id));
    }
    return ids;
}

std::string host_memory()
{
    auto const pages = sysconf(_SC_PHYS_PAGES);
    auto const page = sysconf(_SC_PAGE_SIZE);
    if (pages <= 0 || page <= 0) return "";
    return base::human_bytes(static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page));
}

std::string host_name()
{
    char name[256] = {};
    if (gethostname(name, sizeof(name) - 1) != 0) return "unknown";
    return name;
}

// Records as lines of text, to travel between ranks

std::string join_ints(std::vector<int> const& values)
{
    std::vector<std::string> texts;
    for (int value : values)
        texts.push_back(std::to_string(value));
    return base::join(texts, ",");
}

std::vector<int> split_ints(std::string const& text)
{
    std::vector<int> values;
    if (text.empty()) return values;
    for (auto const& part : base::split(text, ','))
        values.push_back(std::stoi(part));
    return values;
}

std::vector<std::string> split_list(std::string const& text)
{
    return text.empty() ? std::vector<std::string>{} : base::split(text, '\t');
}

std::string encode(RankDevices const& rank)
{
    // A '-' before each model keeps a list of one empty name apart from an empty list.
    std::vector<std::string> models;
    for (auto const& model : rank.visible.models)
        models.push_back("-" + model);
    return base::join(
        std::vector<std::string>{rank.host, std::to_string(rank.node), rank.works ? "1" : "0",
                                 base::join(rank.visible.gpus, "\t"), base::join(rank.visible.identities, "\t"),
                                 base::join(models, "\t"), join_ints(rank.visible.core_ids)},
        "\n");
}

RankDevices decode_rank(std::string const& text)
{
    auto const fields = base::split(text, '\n');
    ABLATRIX_ASSERT(fields.size() == 7);
    RankDevices rank{fields[0], std::stoi(fields[1]), fields[2] == "1", {}};
    rank.visible.gpus = split_list(fields[3]);
    rank.visible.identities = split_list(fields[4]);
    for (auto const& model : split_list(fields[5]))
        rank.visible.models.push_back(model.substr(1));
    rank.visible.core_ids = split_ints(fields[6]);
    rank.visible.cores = static_cast<int>(rank.visible.core_ids.size());
    return rank;
}

std::string encode(DeviceBinding const& binding)
{
    return base::join(
        std::vector<std::string>{std::to_string(binding.rank), binding.host, std::to_string(binding.local_rank),
                                 binding.device, binding.identity, std::to_string(binding.threads),
                                 join_ints(binding.cores), binding.memory},
        "\n");
}

DeviceBinding decode_binding(std::string const& text)
{
    auto const fields = base::split(text, '\n');
    ABLATRIX_ASSERT(fields.size() == 8);
    return {std::stoi(fields[0]),  fields[1], std::stoi(fields[2]), fields[3], fields[4], std::stoi(fields[5]),
            split_ints(fields[6]), fields[7]};
}

// The decision

bool wants_gpu(RankDevices const& rank, std::size_t index, std::string const& kind)
{
    if (!rank.works || kind == "cpu") return false;
    if (kind == "auto") return !rank.visible.gpus.empty();
    ABLATRIX_VALIDATE(!rank.visible.gpus.empty(),
                      "no GPU is visible (rank " + std::to_string(index) + " on " + rank.host +
                          "), but execution.device is 'cuda'. Ask the scheduler for GPUs, check CUDA_VISIBLE_DEVICES, "
                          "or use execution.device: cpu");
    return true;
}

/// Working ranks of the same node whose cores overlap with those of \p rank, itself included.
int neighbours(std::vector<RankDevices> const& ranks, RankDevices const& rank)
{
    int count = 0;
    for (auto const& other : ranks) {
        if (!other.works || other.node != rank.node) continue;
        auto const& cores = other.visible.core_ids;
        count += std::any_of(cores.begin(), cores.end(), [&](int core) {
            return std::find(rank.visible.core_ids.begin(), rank.visible.core_ids.end(), core) !=
                   rank.visible.core_ids.end();
        });
    }
    return count;
}

int threads_of(std::vector<RankDevices> const& ranks, RankDevices const& rank, int requested)
{
    if (!rank.works) return 1;
    if (requested > 0) return requested;
    return std::max(1, rank.visible.cores / std::max(1, neighbours(ranks, rank)));
}

/// Ranks that hold each GPU of each node.
using Holders = std::map<std::pair<int, std::string>, std::vector<std::size_t>>;

/// Position in the visible list of the least used GPU; the first among equals.
std::size_t least_used(RankDevices const& rank, Holders& holders)
{
    auto const& identities = rank.visible.identities;
    auto const best = std::min_element(identities.begin(), identities.end(), [&](auto const& a, auto const& b) {
        return holders[{rank.node, a}].size() < holders[{rank.node, b}].size();
    });
    return static_cast<std::size_t>(best - identities.begin());
}

void take_gpu(RankDevices const& rank, std::size_t index, bool share, Holders& holders, DeviceBinding& binding)
{
    std::size_t const choice = least_used(rank, holders);
    auto const& identity = rank.visible.identities[choice];
    auto& held_by = holders[{rank.node, identity}];
    ABLATRIX_VALIDATE(share || held_by.empty(), "ranks " + std::to_string(held_by.front()) + " and " +
                                                    std::to_string(index) + " would share GPU '" + identity +
                                                    "' (host " + rank.host + ", " +
                                                    std::to_string(rank.visible.gpus.size()) +
                                                    " visible). Start fewer ranks on a node, ask for more GPUs, or set "
                                                    "execution.share_devices: true");
    held_by.push_back(index);
    binding.device = "cuda:" + rank.visible.gpus[choice];
    binding.identity = identity;
    binding.memory = rank.visible.models[choice];
}

/// Children, and this process before its first CUDA call, see the chosen GPU only.
void export_choice(DeviceBinding const& binding, bool any_gpu)
{
    static constexpr std::string_view prefix = "cuda:";
    if (binding.device.starts_with(prefix)) {
        // Without it CUDA numbers the fastest GPU first, which is not the driver's order.
        setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", 0);
        setenv("CUDA_VISIBLE_DEVICES", binding.device.substr(prefix.size()).c_str(), 1);
    }
    else if (any_gpu) {
        setenv("CUDA_VISIBLE_DEVICES", "", 1);
    }
}

std::string core_ranges(std::vector<int> const& cores)
{
    std::vector<std::string> parts;
    for (std::size_t first = 0; first < cores.size();) {
        std::size_t last = first;
        while (last + 1 < cores.size() && cores[last + 1] == cores[last] + 1)
            ++last;
        parts.push_back(first == last ? std::to_string(cores[first])
                                      : std::to_string(cores[first]) + "-" + std::to_string(cores[last]));
        first = last + 1;
    }
    return base::join(parts, ",");
}

}  // namespace

DeviceSources const& this_machine()
{
    static DeviceSources const sources{"/proc/driver/nvidia/gpus", may_open_device,
                                       [](char const* name) { return static_cast<char const*>(std::getenv(name)); }};
    return sources;
}

VisibleDevices visible_devices(DeviceSources const& sources)
{
    VisibleDevices visible;
    visible.core_ids = affinity_mask();
    visible.cores = static_cast<int>(visible.core_ids.size());
    auto const gpus = driver_gpus(sources);
    if (char const* variable = sources.environment("CUDA_VISIBLE_DEVICES")) {
        visible.gpus = listed_gpus(gpus, variable);
    }
    else {
        for (std::size_t i = 0; i < gpus.size(); ++i)
            visible.gpus.push_back(std::to_string(i));
    }
    for (auto const& id : visible.gpus) {
        auto const* gpu = find_gpu(gpus, id);
        bool const is_whole = gpu != nullptr && !gpu->uuid.empty() && !id.starts_with("MIG-");
        visible.identities.push_back(is_whole ? gpu->uuid : id);
        visible.models.push_back(gpu != nullptr ? gpu->model : "");
    }
    return visible;
}

std::vector<DeviceBinding> assign_devices(std::vector<RankDevices> const& ranks, DeviceRequest const& request)
{
    ABLATRIX_VALIDATE(request.kind == "auto" || request.kind == "cpu" || request.kind == "cuda",
                      "unknown device kind '" + request.kind + "' (execution.device). Use auto, cpu or cuda");
    ABLATRIX_VALIDATE(request.threads >= 0, "execution.threads is negative (" + std::to_string(request.threads) +
                                                "). Use 0 for the cores that each rank was given");
    std::vector<DeviceBinding> bindings;
    std::map<int, int> ranks_on_node;
    Holders holders;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        auto const& rank = ranks[i];
        DeviceBinding binding;
        binding.rank = static_cast<int>(i);
        binding.host = rank.host;
        binding.local_rank = ranks_on_node[rank.node]++;
        binding.device = "cpu";
        binding.threads = threads_of(ranks, rank, request.threads);
        binding.cores = rank.visible.core_ids;
        if (wants_gpu(rank, i, request.kind)) take_gpu(rank, i, request.share, holders, binding);
        bindings.push_back(std::move(binding));
    }
    return bindings;
}

DeviceBinding bind_device(Communicator const& world, DeviceRequest const& request, bool works,
                          DeviceSources const& sources)
{
    RankDevices mine{host_name(), 0, works, visible_devices(sources)};
    bool const any_gpu = !mine.visible.gpus.empty();
    // A node is named by the first of its ranks: host names may repeat, as in containers.
    mine.node = std::stoi(world.split_shared().gather_all(std::to_string(world.rank())).front());
    std::vector<RankDevices> ranks;
    for (auto const& text : world.gather_all(encode(mine)))
        ranks.push_back(decode_rank(text));
    auto binding = assign_devices(ranks, request)[static_cast<std::size_t>(world.rank())];
    if (binding.device == "cpu") binding.memory = host_memory();
    export_choice(binding, any_gpu);
    return binding;
}

std::vector<DeviceBinding> gather_bindings(Communicator const& world, DeviceBinding const& mine)
{
    std::vector<DeviceBinding> bindings;
    for (auto const& text : world.gather_all(encode(mine)))
        bindings.push_back(decode_binding(text));
    return bindings;
}

std::string format_device_table(std::vector<DeviceBinding> const& table)
{
    std::vector<std::vector<std::string>> rows{{"rank", "host", "local", "device", "threads", "cores", "memory"}};
    for (auto const& binding : table) {
        bool const has_uuid = !binding.identity.empty() && binding.device != "cuda:" + binding.identity &&
                              binding.identity.find('-') != std::string::npos;
        rows.push_back({std::to_string(binding.rank), binding.host, std::to_string(binding.local_rank),
                        binding.device + (has_uuid ? " (" + binding.identity + ")" : ""),
                        std::to_string(binding.threads), core_ranges(binding.cores), binding.memory});
    }
    std::vector<std::size_t> widths(rows.front().size());
    for (auto const& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (auto const& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

}  // namespace ablatrix::mpi
