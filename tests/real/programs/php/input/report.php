<?php
declare(strict_types=1);

// Classes, closures, generators, regular expressions, sorting, dates, JSON, hashes, files, exceptions.

namespace Shop;

interface Priced { public function price(): int; }

enum Size: string
{
    case Small = 's';
    case Large = 'l';

    public function factor(): float { return match ($this) { self::Small => 1.0, self::Large => 1.5 }; }
}

abstract class Item implements Priced, \JsonSerializable
{
    private static int $made = 0;
    public readonly int $serial;

    public function __construct(protected string $name, protected int $cents, protected Size $size = Size::Small)
    {
        $this->serial = ++self::$made;
    }

    public function price(): int { return (int) round($this->cents * $this->size->factor()); }
    public function jsonSerialize(): array { return [static::class, $this->name, $this->price(), $this->serial]; }
}

final class Tea extends Item {}
final class Cake extends Item
{
    public function price(): int { return intdiv(parent::price() * 107, 100); }
}

function collatz(int $n): \Generator
{
    while ($n !== 1) {
        yield $n;
        $n = $n % 2 ? 3 * $n + 1 : intdiv($n, 2);
    }
    return 'done';
}

$items = [new Tea('Assam', 349), new Cake('Möhrenkuchen', 280, Size::Large), new Tea('Oolong', 525, Size::Large)];
usort($items, fn (Priced $a, Priced $b) => $b->price() <=> $a->price());
echo json_encode($items, JSON_UNESCAPED_UNICODE | JSON_PRETTY_PRINT), "\n";

$walk = collatz(27);
$peak = 0;
$steps = 0;
foreach ($walk as $value) {
    $peak = max($peak, $value);
    $steps++;
}
printf("collatz 27: %d steps, peak %d, %s\n", $steps, $peak, $walk->getReturn());

$text = file_get_contents('notes.txt');
preg_match_all('/\b(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)\b/', $text, $dates, PREG_SET_ORDER);
foreach ($dates as $date) {
    echo (new \DateTimeImmutable($date[0], new \DateTimeZone('UTC')))->modify('last day of next month')->format('D, d M Y'), "\n";
}
echo preg_replace_callback('/\p{Lu}\w+/u', fn ($m) => strrev(mb_strtolower($m[0])), "Alpha beta Gamma"), "\n";
$words = array_count_values(str_word_count(strtolower($text), 1));
arsort($words);
ksort($words);
echo count($words), ' words, ', array_sum($words), ' in all, the: ', $words['the'], "\n";

$sieve = array_fill(2, 20000 - 1, true);
for ($i = 2; $i * $i <= 20000; $i++) {
    if ($sieve[$i]) {
        for ($j = $i * $i; $j <= 20000; $j += $i) {
            $sieve[$j] = false;
        }
    }
}
echo count(array_filter($sieve)), " primes below 20000\n";

foreach (['crc32b', 'sha256', 'xxh64', 'whirlpool'] as $algorithm) {
    printf("%-9s %s\n", $algorithm, substr(hash($algorithm, $text), 0, 32));
}
echo serialize(['a' => 1.5, 'b' => [true, null]]), ' ', var_export(unserialize('a:1:{i:0;s:2:"ok";}')[0], true), "\n";
var_dump(0.1 + 0.7, PHP_INT_MAX + 1, 7 <=> 7.0, "10" == "1e1", intdiv(-7, 2), -7 % 3, fdiv(1, 0));

try {
    (function (int $n): int { return $n; })("five");
} catch (\TypeError $error) {
    echo 'TypeError: ', preg_replace('/,.*/', '', $error->getMessage()), "\n";
} finally {
    echo "finally\n";
}

file_put_contents('out.csv', '');
$csv = fopen('out.csv', 'r+');
foreach ([['name', 'note'], ['a "b"', "two\nlines"], ['ü', ',']] as $row) {
    fputcsv($csv, $row);
}
rewind($csv);
while (($row = fgetcsv($csv)) !== false) {
    echo implode('|', array_map(addcslashes(...), $row, ["\n", "\n"])), "\n";
}
fclose($csv);
unlink('out.csv');
echo file_exists('out.csv') ? 'still there' : 'gone', "\n";
echo @file_get_contents('/etc/passwd') === false ? "outside: refused\n" : "outside: READ\n";
exit(3);
