// A small stack machine with a multiplier, a FIFO and a UART transmitter.
module fifo #(parameter WIDTH = 8, DEPTH_LOG2 = 3) (
    input clk, input rst, input push, input pop, input [WIDTH-1:0] in,
    output [WIDTH-1:0] out, output empty, output full);
  reg [WIDTH-1:0] memory [0:(1 << DEPTH_LOG2) - 1];
  reg [DEPTH_LOG2:0] head, tail;
  assign empty = head == tail;
  assign full = head[DEPTH_LOG2-1:0] == tail[DEPTH_LOG2-1:0] && head[DEPTH_LOG2] != tail[DEPTH_LOG2];
  assign out = memory[tail[DEPTH_LOG2-1:0]];
  always @(posedge clk)
    if (rst) {head, tail} <= 0;
    else begin
      if (push && !full) begin memory[head[DEPTH_LOG2-1:0]] <= in; head <= head + 1; end
      if (pop && !empty) tail <= tail + 1;
    end
endmodule

module uart #(parameter DIVISOR = 104) (input clk, input rst, input start, input [7:0] data, output tx, output busy);
  reg [9:0] shift; reg [3:0] bits; reg [$clog2(DIVISOR)-1:0] timer;
  assign tx = shift[0];
  assign busy = bits != 0;
  always @(posedge clk)
    if (rst) begin shift <= 10'h3ff; bits <= 0; timer <= 0; end
    else if (!busy) begin
      if (start) begin shift <= {1'b1, data, 1'b0}; bits <= 10; timer <= DIVISOR - 1; end
    end else if (timer != 0) timer <= timer - 1;
    else begin shift <= {1'b1, shift[9:1]}; bits <= bits - 1; timer <= DIVISOR - 1; end
endmodule

module cpu #(parameter PROGRAM = 32) (input clk, input rst, input [15:0] code, output reg [9:0] pc,
    output reg out_valid, output reg [15:0] out);
  reg [15:0] stack [0:15];
  reg [3:0] sp;
  wire [15:0] a = stack[sp - 4'd1], b = stack[sp - 4'd2];
  wire signed [31:0] product = $signed(a) * $signed(b);
  integer i;
  always @(posedge clk) begin
    out_valid <= 0;
    if (rst) begin pc <= 0; sp <= 0; end
    else begin
      pc <= pc + 1;
      casez (code)
        16'b0???????????????: begin stack[sp] <= code[14:0]; sp <= sp + 1; end
        16'b10000000????0000: begin stack[sp - 4'd2] <= a + b; sp <= sp - 1; end
        16'b10000000????0001: begin stack[sp - 4'd2] <= b - a; sp <= sp - 1; end
        16'b10000000????0010: begin stack[sp - 4'd2] <= product[15:0]; sp <= sp - 1; end
        16'b10000000????0011: begin stack[sp - 4'd2] <= b << a[3:0]; sp <= sp - 1; end
        16'b10000000????0100: begin stack[sp - 4'd2] <= $signed(b) >>> a[3:0]; sp <= sp - 1; end
        16'b10000000????0101: begin stack[sp - 4'd2] <= {15'b0, $signed(b) < $signed(a)}; sp <= sp - 1; end
        16'b10000001????????: begin out <= a; out_valid <= 1; sp <= sp - 1; end
        16'b101?????????????: pc <= code[9:0];
        16'b110?????????????: begin sp <= sp - 1; if (a == 0) pc <= code[9:0]; end
        default: ;
      endcase
    end
  end
endmodule

module soc (input clk, input rst, input [15:0] code, output [9:0] pc, output tx);
  wire out_valid, empty, full, busy;
  wire [15:0] out;
  wire [7:0] data;
  cpu cpu (.clk(clk), .rst(rst), .code(code), .pc(pc), .out_valid(out_valid), .out(out));
  fifo fifo (.clk(clk), .rst(rst), .push(out_valid), .pop(!busy), .in(out[7:0]), .out(data), .empty(empty), .full(full));
  uart uart (.clk(clk), .rst(rst), .start(!empty), .data(data), .tx(tx), .busy(busy));
endmodule
