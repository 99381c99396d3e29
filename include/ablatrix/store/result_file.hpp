#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/store/journal.hpp>

namespace ablatrix::store {

enum class RunStatus : std::uint8_t
{
    pending = 0,
    done = 1,
    failed = 2
};

/// A row as its status byte and checksum show it.
enum class RowState : std::uint8_t
{
    pending,
    done,
    failed,  ///< a run's row only
    damaged
};

/// What the values of an item set's columns are: suspicion scores (double) or predicted classes (int32).
enum class ColumnKind : std::uint8_t
{
    score,
    prediction
};

/// Items that runs say something about: the rows under detection ("detection"), the held-out rows ("test").
struct ItemSetLayout
{
    std::string name;
    ColumnKind kind = ColumnKind::score;
    std::int64_t n_items = 0;  ///< the largest over truths; shorter truths are padded
    std::vector<std::string> methods;
    std::vector<std::string> metrics;
    bool curves = false;          ///< ROC and PR curves per column, on curve_points fixed abscissae
    bool has_confidence = false;  ///< each predicted class has its probability; for ColumnKind::prediction only

    /// Distinct ground truths (item id, clean label, observed label, is-noisy), by fingerprint; index per run, -1:
    /// none.
    std::vector<base::Fingerprint> truths;
    std::vector<std::int32_t> truth_of_run;
    /// Distinct columns, by fingerprint; row-major [run x method], -1: this run lacks the method.
    std::vector<base::Fingerprint> columns;
    std::vector<std::int32_t> column_of;
    /// Truth each column belongs to.
    std::vector<std::int32_t> truth_of_column;

    /// The column of \p run's \p method, -1: this run lacks the method.
    std::int32_t column_at(std::size_t run, std::size_t method) const
    {
        return column_of[run * methods.size() + method];
    }
};

struct AxisLayout
{
    std::string name;
    std::vector<std::string> value_of_run;
};

struct StageRow
{
    base::Fingerprint fingerprint;
    std::string kind;
};

struct ResultLayout
{
    std::int64_t n_runs = 0;
    std::vector<AxisLayout> axes;
    std::string arm_axis;
    std::vector<ItemSetLayout> item_sets;
    std::vector<std::string> scalars;  ///< names of per-run numbers
    std::vector<StageRow> stages;      ///< one per task, in task order

    /// \throws ContractError when there is no item set of that name
    ItemSetLayout const& item_set(std::string_view name) const;
    std::size_t item_set_index(std::string_view name) const;
};

/// Text facts about how the file was made; keys are dataset names under /experiment.
struct Provenance
{
    std::string experiment_yaml;  ///< as resolved
    base::Fingerprint plan;       ///< hash over all run parameters and task fingerprints: resume compares it
    std::map<std::string, std::string> facts;  ///< job, versions, commit, start_time, host_table, environment, ...
};

/// Ground truth of one item set; arrays have the truth's own length.
struct Truth
{
    std::vector<std::int64_t> item;      ///< row of the source table (item id, zero-padded in text form)
    std::vector<std::int32_t> clean;     ///< clean label, -1 when unknown
    std::vector<std::int32_t> observed;  ///< label as trained on
    std::vector<std::uint8_t> is_noisy;
};

struct Column
{
    std::vector<double> scores;             ///< for ColumnKind::score
    std::vector<std::int32_t> predictions;  ///< for ColumnKind::prediction
    std::vector<double> metrics;            ///< one per layout metric, NaN where undefined
    std::vector<double> roc, pr;            ///< curve_points values each, empty without curves
    std::vector<double> confidence;         ///< probability of each predicted class, empty without has_confidence
};

/// Points of a stored curve: TPR at FPR = i/(n-1) and precision at recall = i/(n-1).
inline constexpr std::size_t curve_points = 101;

/// Bytes of the slots for a run's error and device texts; longer ones are cut between characters.
inline constexpr std::size_t error_slot_bytes = 1024;
inline constexpr std::size_t device_slot_bytes = 64;

struct RunRecord
{
    RunStatus status = RunStatus::pending;
    std::int32_t attempts = 0;
    std::int32_t worker = -1;
    std::string device;
    double start_s = std::numeric_limits<double>::quiet_NaN();  ///< seconds since the epoch
    double seconds = std::numeric_limits<double>::quiet_NaN();  ///< first task of the run to last
    std::string error;                                          ///< of a failed run
    std::vector<double> scalars;
};

struct StageRecord
{
    std::int32_t attempts = 0;
    std::int32_t worker = -1;
    double seconds = 0;
    std::int64_t bytes = 0;
    std::uint8_t status = 0;  ///< 0 not needed or pending, 1 made, 2 taken from the cache, 3 failed
};

/// A result file cannot be used as asked: not one of ours, damaged, or of another experiment.
class ResultFileError : public Error
{
  public:
    using Error::Error;
};

/// The one file of an experiment (docs/result-file.md; design.md contract 4).
///
/// A row goes to a journal first (journal.hpp), then into the file.
///
/// Created under a temporary name with every object in place, flushed, renamed; afterwards only raw data are written,
/// independently by any rank: the payload first, then its checksum, then its status byte. Hence it opens after a kill
/// at any moment. Move-only; used from one thread at a time. A row is written by one rank at a time.
///
/// While open for writing it holds a lock of its own (an open-file-description lock, beyond the data, which readers
/// such as h5py do not see), so that a requeued job waits for the ranks of its predecessor. HDF5_USE_FILE_LOCKING=FALSE
/// in the environment turns it off.
class ResultFile
{
  public:
    /// Collective; rank 0 writes, every rank throws or none.
    /// \throws ResultFileError when \p path or journals of it exist, it cannot be written, or the disk is too small:
    /// nothing is left
    static void create(std::filesystem::path const& path, ResultLayout const& layout, Provenance const& provenance,
                       mpi::Communicator const& world);
    /// Collective, read and write; every rank throws or none. Waits up to \p lock_wait for another writer to end. Rows
    /// that the file lacks, or that do not verify, are taken from its journals: see replayed().
    /// \throws ResultFileError when it is missing, no result file, of a newer format, damaged, or in use
    static ResultFile open(std::filesystem::path const& path, mpi::Communicator const& world,
                           std::chrono::milliseconds lock_wait = std::chrono::seconds{10});
    /// Serial, read only; may be called while a grid is running.
    static ResultFile open_readonly(std::filesystem::path const& path);
    /// Bytes of the file that create() would write.
    static std::uint64_t estimated_bytes(ResultLayout const& layout, Provenance const& provenance);

    /// Closes; while an exception unwinds in one of several ranks the file is left to the operating system instead,
    /// because closing would wait for the others.
    ~ResultFile();
    ResultFile(ResultFile&&) noexcept;
    ResultFile& operator=(ResultFile&&) noexcept;
    /// Collective when several ranks opened the file. What was written is flushed to the device.
    void close();
    /// What close() does, as far as it goes without other ranks: journal and file are flushed to the device, the file
    /// is left to the operating system (it is whole: no metadata change after creation). For a rank that ends by _exit
    /// because others may be gone; the object is empty afterwards.
    void abandon();
    /// Flush this rank's journal to the device: rows written before survive the loss of the machine. One call after
    /// several rows costs as much as after one. \throws Error when the file system cannot
    void sync();

    ResultLayout const& layout() const;
    Provenance const& provenance() const;
    std::filesystem::path const& path() const;
    /// What open() took from the journals; on rank 0.
    Replayed const& replayed() const;

    void write_truth(std::size_t item_set, std::size_t truth, Truth const& values);
    void write_column(std::size_t item_set, std::size_t column, Column const& values);
    /// Write a run's row: scalars and, from the columns' metrics given per item set as [method x metric], /metrics.
    /// Status last. A failed run may leave \p metrics and the scalars empty: its row reads NaN. An error text longer
    /// than its slot (error_slot_bytes) is cut.
    void write_run(std::size_t run, RunRecord const& record, std::vector<std::vector<double>> const& metrics);
    void write_stage(std::size_t stage, StageRecord const& record);

    RunStatus run_status(std::size_t run) const;
    /// Done, and the row's checksum agrees with its contents.
    bool run_verified(std::size_t run) const;
    bool column_verified(std::size_t item_set, std::size_t column) const;
    bool truth_verified(std::size_t item_set, std::size_t truth) const;
    RunRecord read_run(std::size_t run) const;
    std::vector<RunStatus> run_statuses() const;
    /// The same of every row, in large reads: what a resume should ask for.
    std::vector<bool> runs_verified() const;
    std::vector<bool> columns_verified(std::size_t item_set) const;
    std::vector<bool> truths_verified(std::size_t item_set) const;
    /// The state of every row, checksums included.
    std::vector<RowState> run_states() const;
    std::vector<RowState> column_states(std::size_t item_set) const;
    std::vector<RowState> truth_states(std::size_t item_set) const;
    /// Status of every task: see StageRecord.
    std::vector<std::uint8_t> stage_statuses() const;
    /// Per-run numbers of one run, in the order of layout().scalars.
    std::vector<double> read_scalars(std::size_t run) const;
    /// Metrics of one run, row-major [method x metric].
    std::vector<double> read_metrics(std::size_t item_set, std::size_t run) const;
    Truth read_truth(std::size_t item_set, std::size_t truth) const;
    Column read_column(std::size_t item_set, std::size_t column) const;
    StageRecord read_stage(std::size_t stage) const;

  private:
    struct Impl;
    explicit ResultFile(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

struct Difference
{
    std::string where;  ///< "/metrics/detection/values[run 3, self_confidence, auroc]"
    std::string left, right;
};

/// What differs between two results, ignoring times, hosts, workers, attempts, cache hits and error texts: layout,
/// axes, parameters (by the plan's fingerprint, so that execution options do not count), statuses, truths, columns,
/// metrics, scalars. Bitwise on numbers (NaN equals NaN). At most \p limit differences; contents are compared only
/// under equal layouts, and of rows that are done and verify on both sides.
std::vector<Difference> diff(ResultFile const& left, ResultFile const& right, std::size_t limit = 20);

}  // namespace ablatrix::store
