def f
  2
end
