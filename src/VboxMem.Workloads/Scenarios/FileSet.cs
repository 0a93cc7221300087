// The files below a directory: as many sections of a mix as the total size asks for, sizes scaled so that they add up to it.
//
//   total --/ natural size of a section, rounded--> sections --each the files of the mix--> paths and sizes
//
// Units    bytes.

using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Scenarios;

/// <summary>Files of real paths and sizes, and pages, with their popularity. Immutable: all processes of a program share one.</summary>
public sealed class FileSet
{
    private const ulong SectionWeight = 1 << 10;

    private readonly string[] _paths;
    private readonly ulong[] _bytes;
    private readonly ulong[] _ends;
    private readonly IReadOnlyList<MadePage> _pages;
    private readonly int _rootLength;

    /// <param name="root">The directory; no slash at its end.</param>
    /// <param name="mix">What files there are.</param>
    /// <param name="totalBytes">Their size in all; 0: one section at its natural size.</param>
    public FileSet(string root, FileMix mix, ulong totalBytes)
    {
        _rootLength = root.Length;
        _pages = mix.Pages;
        var total = totalBytes == 0 ? mix.SectionBytes : totalBytes;
        var sections = (int)Math.Clamp((total + (mix.SectionBytes / 2)) / mix.SectionBytes, 1, (ulong)mix.Sections.Count);
        _paths = new string[sections * mix.Files.Count];
        _bytes = new ulong[_paths.Length];
        _ends = new ulong[_paths.Length + _pages.Count];
        var (file, weight, laid, sectionWeights) = (0, 0UL, 0UL, 0UL);
        for (var section = 0; section < sections; section++)
        {
            var sectionWeight = SectionWeight / (ulong)(section + 1);
            sectionWeights += sectionWeight;
            var directory = section == 0 ? root : $"{root}/{mix.Sections[section]}";
            foreach (var mixed in mix.Files)
            {
                _paths[file] = $"{directory}/{mixed.Path}";
                _bytes[file] = (ulong)((UInt128)mixed.Bytes * total / ((ulong)sections * mix.SectionBytes));
                laid += _bytes[file];
                weight += mixed.Weight * sectionWeight;
                _ends[file++] = weight;
            }
        }

        _bytes[^1] += total - laid;   // what rounding left
        foreach (var page in _pages)
        {
            weight += page.Weight * sectionWeights;
            _ends[file++] = weight;
        }
    }

    /// <summary>Files; numbers from here on are pages.</summary>
    public int FileCount => _paths.Length;

    public string PathOf(int file) => _paths[file];

    public ulong BytesOf(int file) => _bytes[file];

    public bool IsPage(int number) => number >= _paths.Length;

    /// <summary>The page of a number that is no file's.</summary>
    public MadePage PageOf(int number) => _pages[number - _paths.Length];

    /// <summary>Characters of what a client asks for: the path behind the root.</summary>
    public int UrlLengthOf(int number) => IsPage(number) ? 1 + PageOf(number).Path.Length : _paths[number].Length - _rootLength;

    /// <summary>Draws what a client asks for: a file or a page, by popularity.</summary>
    public int Pick(ref Prng random)
    {
        var draw = random.NextBelow(_ends[^1]);
        var (low, high) = (0, _ends.Length - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ends[middle] > draw)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
