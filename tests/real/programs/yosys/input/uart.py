"""The source of uart.il: a UART transmitter behind a FIFO, with a CRC. Needs Amaranth 0.5.10; not run by the tests."""
from amaranth.hdl import *
from amaranth.lib.wiring import *
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.crc import Algorithm
from amaranth.back import rtlil

class Uart(Component):
    write: In(1); data: In(8); tx: Out(1, init=1); busy: Out(1); crc: Out(16)
    def __init__(self, divisor=868):
        self.divisor = divisor
        super().__init__()
    def elaborate(self, platform):
        m = Module()
        m.submodules.queue = q = SyncFIFOBuffered(width=8, depth=16)
        m.submodules.crc = c = Algorithm(crc_width=16, polynomial=0x1021, initial_crc=0xffff, reflect_input=False, reflect_output=False, xor_output=0)(8).create()
        timer = Signal(range(self.divisor)); shift = Signal(9); count = Signal(range(9))
        m.d.comb += [q.w_data.eq(self.data), q.w_en.eq(self.write), self.busy.eq(~q.w_rdy), c.data.eq(q.r_data), c.valid.eq(q.r_en), self.crc.eq(c.crc)]
        tick = Signal(); m.d.comb += tick.eq(timer == 0)
        m.d.sync += timer.eq(Mux(tick, self.divisor - 1, timer - 1))
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += self.tx.eq(1)
                with m.If(q.r_rdy):
                    m.d.comb += q.r_en.eq(1)
                    m.d.sync += [shift.eq(Cat(q.r_data, q.r_data.xor())), count.eq(0), timer.eq(self.divisor - 1)]
                    m.next = "START"
            with m.State("START"):
                m.d.sync += self.tx.eq(0)
                with m.If(tick): m.next = "BITS"
            with m.State("BITS"):
                m.d.sync += self.tx.eq(shift[0])
                with m.If(tick):
                    m.d.sync += [shift.eq(shift >> 1), count.eq(count + 1)]
                    with m.If(count == 8): m.next = "STOP"
            with m.State("STOP"):
                m.d.sync += self.tx.eq(1)
                with m.If(tick): m.next = "IDLE"
        return m
print(rtlil.convert(Uart(), name="uart", emit_src=False))
